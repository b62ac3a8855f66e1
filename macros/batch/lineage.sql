{# The ids of a node of the graph and of all that it is made from, in the order of their names. #}
{% macro lineage(node_id) %}
    {% set found = [node_id] %}
    {% for id in found %}
        {% set node = graph.nodes.get(id, {}) %}
        {% for parent in node.get('depends_on', {}).get('nodes', []) if parent not in found %}
            {% do found.append(parent) %}
        {% endfor %}
    {% endfor %}
    {{ return(found | sort) }}
{% endmacro %}
