{# Says how many rows the models of the project set aside, by raw table and reason. #}
{% macro report_set_aside() %}
    {% set counts = run_query(
        "select model_id, table_name, reason, set_aside_count, row_count from milepost_checks.set_aside"
        ~ " where set_aside_count > 0 order by table_name, reason"
    ).rows | selectattr('model_id', 'in', graph.nodes) | list %}
    {% for count in counts %}
        {% do log(
            "Set aside: " ~ count['set_aside_count'] ~ " of " ~ count['row_count'] ~ " rows of "
            ~ count['table_name'] ~ ", " ~ count['reason'],
            info=true
        ) %}
    {% else %}
        {% do log("Set aside: no row", info=true) %}
    {% endfor %}
{% endmacro %}
