{#
    The name of a feature view's table: the model's, for a version of it with `_v<version>`. A test holds
    it equal to `published_name` in `milepost/building/catalog.py`.
#}
{% macro published_name(node) %}
    {{ return(node.name if node.version is none or node.version is not defined else node.name ~ '_v' ~ node.version) }}
{% endmacro %}
