{# A feature view is a model that says which entities it describes: `meta.entities`. #}
{% macro is_feature_view(node) %}
    {{ return(
        node is not none
        and node is defined
        and node.resource_type == 'model'
        and node.config.meta.entities is defined
    ) }}
{% endmacro %}
