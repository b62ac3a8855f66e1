{# The relation of a node of the graph, or none where it is not built. #}
{% macro built_relation(node) %}
    {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
{% endmacro %}
