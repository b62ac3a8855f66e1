{# Says, for each model with `meta.set_aside`, how many rows it counts, by table and reason. #}
{% macro report_set_aside() %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.set_aside %}
        {% set relation = milepost.built_relation(node) %}
        {% if relation is not none %}
            {% set rows = run_query(
                "select table_name, reason, set_aside_count, row_count from " ~ relation
                ~ " where set_aside_count > 0 order by table_name, reason"
            ) %}
            {% for row in rows %}
                {% do log(
                    "Set aside: " ~ row['set_aside_count'] ~ " of " ~ row['row_count'] ~ " rows of "
                    ~ row['table_name'] ~ ", " ~ row['reason'],
                    info=true
                ) %}
            {% else %}
                {% do log("Set aside: no row", info=true) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}
