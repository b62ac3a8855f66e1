{#
    When a fact is in the window of a series: `{'enters_at', 'leaves_at'}` in SQL, grid steps, the
    second no longer in it. Where the second is not after the first, it never is.

    steps: as `batch_steps` gives them. What happens before a batch is as if at its opening, what
    happens after it as if at its end, so that facts of the batch share few stays; none: as it is.
#}
{% macro stay(series, steps=none) %}
    {% set enters_at = 'greatest(milepost__enters_at, milepost__opens_from)' if series.window == 'open'
        else 'milepost__enters_at + ' ~ series.back if series.back else 'milepost__enters_at' %}
    {% set leaves_at = 'least(milepost__enters_at + ' ~ series.reach ~ ', milepost__superseded_from'
        ~ (', milepost__closes_from' if series.window == 'open' else '') ~ ')' %}
    {% set is_bound = steps and steps.opening is not none %}
    {{ return({
        'enters_at': 'greatest(' ~ enters_at ~ ', ' ~ steps.opening ~ ')' if is_bound else enters_at,
        'leaves_at': 'least(greatest(' ~ leaves_at ~ ', ' ~ steps.opening ~ '), ' ~ steps.end ~ ')' if is_bound
            else leaves_at,
    }) }}
{% endmacro %}
