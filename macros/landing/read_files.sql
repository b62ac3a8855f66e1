{#
    The rows of Parquet files as a relation, with `milepost__file`, the URI of each row's file. No value comes
    from a path.

    uris: the files.
#}
{% macro read_files(uris) -%}
    {{ return(adapter.dispatch('read_files', 'milepost')(uris)) }}
{%- endmacro %}

{% macro duckdb__read_files(uris) -%}
    {%- set names = [] -%}
    {%- for uri in uris -%}
        {# DuckDB takes `*`, `?` and `[` for patterns, which name other files; in brackets each is itself. #}
        {%- do names.append("'" ~ modules.re.sub('([*?[])', '[\\1]', uri) | replace("'", "''") ~ "'") -%}
    {%- endfor -%}
    {{ return("read_parquet([" ~ names | join(', ') ~ "], hive_partitioning = false, filename = 'milepost__file')") }}
{%- endmacro %}

{# On Spark a file is a table by its path. #}
{% macro default__read_files(uris) -%}
    {%- set selects = [] -%}
    {%- for uri in uris -%}
        {%- do selects.append("select *, '" ~ uri ~ "' as milepost__file from parquet.`" ~ uri ~ "`") -%}
    {%- endfor -%}
    {{ return("(" ~ selects | join(' union all ') ~ ")") }}
{%- endmacro %}
