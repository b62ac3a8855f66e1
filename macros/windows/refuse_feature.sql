{#
    Stops the compilation with an error that names a feature.

    feature: as it was declared.
    has: what it has and should not have.
    hint: what there is, or what to write instead.
#}
{% macro refuse_feature(feature, has, hint) %}
    {% do exceptions.raise_compiler_error(
        "trailing_features: feature `" ~ feature.get('name') ~ "` has " ~ has ~ "\nhint: " ~ hint
    ) %}
{% endmacro %}
