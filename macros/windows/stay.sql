{#
    When a fact is in the window of a series: `{'enters_step', 'leaves_step'}` in SQL, the first grid step
    at which it is in it and the first at which it is no longer. Where the second is not after the first,
    it never is.

    series: as `window_series` gives it.
    steps: as `batch_steps` gives them. What happens before a batch is as if at its opening, what
        happens after it as if at its end, so that facts of the batch share few stays; none: as it is.
#}
{% macro stay(series, steps=none) %}
    {% set enters_step = 'greatest(milepost__enters_step, milepost__opens_step)' if series.window == 'open'
        else 'milepost__enters_step + ' ~ series.back if series.back else 'milepost__enters_step' %}
    {% set leaves_step = 'least(milepost__enters_step + ' ~ series.reach ~ ', milepost__superseded_step'
        ~ (', milepost__closes_step' if series.window == 'open' else '') ~ ')' %}
    {% if series.window == 'standing' %}
        {# The last step of all, for a fact that is not superseded. #}
        {% set leaves_step = 'coalesce(milepost__superseded_step, 2147483647)' %}
    {% endif %}
    {% if steps and steps.opening is not none %}
        {% set enters_step = 'greatest(' ~ enters_step ~ ', ' ~ steps.opening ~ ')' %}
        {% set leaves_step = 'least(greatest(' ~ leaves_step ~ ', ' ~ steps.opening ~ '), ' ~ steps.end ~ ')' %}
    {% endif %}
    {{ return({'enters_step': enters_step, 'leaves_step': leaves_step}) }}
{% endmacro %}
