{#
    Parquet files as a relation, with the name of each row's file as `milepost__file`.

    uris: of one or more files. A part of a path that looks like `column=value` is no column.
    Example: `select * from {{ scan_files(['s3://lake/loads/part-0.parquet']) }}`
#}
{% macro scan_files(uris) %}
    {{ return(adapter.dispatch('scan_files', 'milepost')(uris)) }}
{% endmacro %}

{% macro duckdb__scan_files(uris) %}
    {% set literals = [] %}
    {% for uri in uris %}
        {# In a list DuckDB takes `*`, `?` and `[` for patterns; in brackets each is only itself. #}
        {% do literals.append("'" ~ modules.re.sub('([*?[])', '[\\1]', uri) | replace("'", "''") ~ "'") %}
    {% endfor %}
    {{ return("read_parquet([" ~ literals | join(', ') ~ "], hive_partitioning = false, filename = 'milepost__file')") }}
{% endmacro %}

{# Spark names files as it reads them, with a scheme of its own; nothing has been built on it yet. #}
{% macro default__scan_files(uris) %}
    {% do exceptions.raise_compiler_error(
        "Milepost does not read lists of files on `" ~ adapter.type() ~ "`"
        ~ "\nhint: build on dbt-duckdb"
    ) %}
{% endmacro %}
