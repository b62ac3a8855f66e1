{# What stands between the name of a node's table and its query where the table is made: its format and its place. #}
{% macro place_of_table(node) -%}
    {{ return(adapter.dispatch('place_of_table', 'milepost')(node)) }}
{%- endmacro %}

{% macro duckdb__place_of_table(node) -%}
    {{ return('') }}
{%- endmacro %}

{% macro default__place_of_table(node) -%}
    {{ return("using " ~ node.config.file_format ~ " location '" ~ node.config.location_root ~ "/" ~ node.alias ~ "'") }}
{%- endmacro %}
