{#
    The node of the feature view that a data test looks at, none before the graph is known. Stops where
    the view does not state its entities, grid and serving delay, or lacks a column that they need.
#}
{% macro tested_view() %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set view = graph.nodes[model.attached_node] %}
    {% set meta = view.config.meta %}
    {% set faults = [] %}
    {% if meta.entities is not defined %}
        {% do faults.append(["states no `meta.entities`", "write `entities: {market: [market_id]}`"]) %}
    {% else %}
        {% for name in milepost.keys_of(view) + ['available_at'] if name not in view.columns %}
            {% do faults.append(["declares no column `" ~ name ~ "`", "its keys and `available_at` are columns"]) %}
        {% endfor %}
    {% endif %}
    {% if meta.get('grid') not in ['day', 'hour'] %}
        {% do faults.append(["states `meta.grid: " ~ meta.get('grid') ~ "`", "write `day` or `hour`"]) %}
    {% endif %}
    {% if meta.get('serving_delay_minutes') is not integer %}
        {% do faults.append(["states no `meta.serving_delay_minutes`", "write a whole number of minutes"]) %}
    {% endif %}
    {% for fault, hint in faults[:1] %}
        {% do exceptions.raise_compiler_error("`" ~ view.name ~ "` " ~ fault ~ "\nhint: " ~ hint) %}
    {% endfor %}
    {{ return(view) }}
{% endmacro %}
