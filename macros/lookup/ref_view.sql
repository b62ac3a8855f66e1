{# `ref` of a feature view by the name that a lookup gives it: `view`, or `view@v1` for its version 1. #}
{% macro ref_view(name) %}
    {% set model_name, _, version = name.partition('@v') %}
    {{ return(ref(model_name, v=version) if version else ref(model_name)) }}
{% endmacro %}
