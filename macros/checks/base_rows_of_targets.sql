{#
    The base models of what columns refer to, where they are built: `{'<column>': ['<relation>', ...]}`.

    arguments: what `counting_rows` takes, by name.
    columns: the columns, as `references` and `snapshots` name them.
#}
{% macro base_rows_of_targets(arguments, columns) %}
    {% set targets = {} %}
    {% for column, target in dict(arguments.references, **arguments.snapshots).items() if column in columns %}
        {% for node in graph.nodes.values() if node.name == target[0] and node.resource_type == 'model' %}
            {% for base in node.config.meta.get('staged_from', {}) %}
                {% for base_node in graph.nodes.values() if base_node.name == base and base_node.resource_type == 'model'
                    and base_node.config.materialized != 'ephemeral' %}
                    {% set relation = milepost.built_relation(base_node) %}
                    {% if relation is not none %}
                        {% do targets.update({column: targets.get(column, []) + [relation | string]}) %}
                    {% endif %}
                {% endfor %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ return(targets) }}
{% endmacro %}
