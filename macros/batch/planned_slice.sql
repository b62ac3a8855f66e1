{# The first landing date that this run reads for a node, as `check_slices` planned it; nothing for all dates. #}
{% macro planned_slice(node_id) %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {{ return(run_query(
            "select max(first_date) from milepost_checks.slices where node_id = '" ~ node_id ~ "'"
        ).columns[0].values()[0]) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
