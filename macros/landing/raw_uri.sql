{# Where the raw log of a source is on S3, from its `meta.raw_uri`. #}
{% macro raw_uri(source_name) %}
    {% for source in graph.sources.values() if source.source_name == source_name and source.config.meta.raw_uri %}
        {{ return(source.config.meta.raw_uri) }}
    {% endfor %}
    {% do exceptions.raise_compiler_error(
        "source `" ~ source_name ~ "` has no `meta.raw_uri`\nhint: say in its YAML where its raw log is on S3"
    ) %}
{% endmacro %}
