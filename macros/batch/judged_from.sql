{#
    From which landing date on a build from a slice of the raw log knows what a row refers to, as text;
    nothing where it reads all dates.
#}
{% macro judged_from(node_id) %}
    {% set first = milepost.planned_slice(node_id) %}
    {% if first %}
        {% set days = modules.datetime.timedelta(days=milepost.reach_days()) %}
        {{ return((modules.datetime.date.fromisoformat(first) + days) | string) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
