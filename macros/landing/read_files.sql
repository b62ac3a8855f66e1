{#
    The rows of Parquet files as a relation, with `milepost__file`, the URI of each row's file. No value comes
    from a path.

    uris: the files.
#}
{% macro read_files(uris) -%}
    {{ return(adapter.dispatch('read_files', 'milepost')(uris)) }}
{%- endmacro %}

{% macro duckdb__read_files(uris) -%}
    {{ return("read_parquet(['" ~ uris | join("', '") ~ "'], hive_partitioning = false, filename = 'milepost__file')") }}
{%- endmacro %}

{# On Spark a file is a table by its path. #}
{% macro default__read_files(uris) -%}
    {%- set selects = [] -%}
    {%- for uri in uris -%}
        {%- do selects.append("select *, '" ~ uri ~ "' as milepost__file from parquet.`" ~ uri ~ "`") -%}
    {%- endfor -%}
    {{ return("(" ~ selects | join(' union all ') ~ ")") }}
{%- endmacro %}
