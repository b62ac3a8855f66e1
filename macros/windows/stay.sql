{#
    When a fact, or a tile of facts, is in the window of a series: `{'enters_at', 'leaves_at'}` in SQL,
    grid instants, the second no longer in it. Where the second is not after the first, it never is.
#}
{% macro stay(series) %}
    {% set too_old_at = "enters_at + interval '" ~ series.look_back_hours ~ "' hour" %}
    {% set ends = [too_old_at, 'coalesce(superseded_from, ' ~ too_old_at ~ ')'] %}
    {% if series.window == 'open' %}
        {% do ends.append('coalesce(closes_from, ' ~ too_old_at ~ ')') %}
    {% endif %}
    {{ return({
        'enters_at': 'greatest(enters_at, opens_from)' if series.window == 'open'
            else "enters_at + interval '" ~ series.back_hours ~ "' hour" if series.back_hours
            else 'enters_at',
        'leaves_at': 'least(' ~ ends | join(', ') ~ ')',
    }) }}
{% endmacro %}
