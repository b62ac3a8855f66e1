{#
    The node of a feature view by the name that a lookup gives it: `view` is its latest version,
    `view@v1` its version 1. A name that no feature view has is a compiler error.
#}
{% macro feature_view(name) %}
    {% set views = {} %}
    {# Most nodes are data tests: asking each was an eighth of `dbt build`; 2026-11. #}
    {% for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') if milepost.is_feature_view(node) %}
        {% do views.update({milepost.published_name(node): node}) %}
        {% if node.version == node.latest_version %}{% do views.update({node.name: node}) %}{% endif %}
    {% endfor %}
    {% set table_name = name | replace('@v', '_v') %}
    {% if table_name not in views %}
        {{ milepost.refuse_lookup("`" ~ table_name ~ "` is no feature view", "there is `" ~ views | sort | join("`, `") ~ "`") }}
    {% endif %}
    {{ return(views[table_name]) }}
{% endmacro %}
