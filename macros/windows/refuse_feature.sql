{# Stops the compilation because of a feature: what it has, and a hint. #}
{% macro refuse_feature(feature, has, hint) %}
    {% do exceptions.raise_compiler_error(
        "trailing_features: feature `" ~ feature.get('name') ~ "` has " ~ has ~ "\nhint: " ~ hint
    ) %}
{% endmacro %}
