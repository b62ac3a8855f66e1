{#
    The ids of a node of the graph and of all that it is made from, in the order of their names.

    complete: ids of nodes that are whole whatever this run reads: what they are made from is left out.
#}
{% macro lineage(node_id, complete=[]) %}
    {% set found = [node_id] %}
    {% for id in found if id not in complete or id == node_id %}
        {% set node = graph.nodes.get(id, {}) %}
        {% for parent in node.get('depends_on', {}).get('nodes', []) if parent not in found %}
            {% do found.append(parent) %}
        {% endfor %}
    {% endfor %}
    {{ return(found | sort) }}
{% endmacro %}
