{#
    The rows of several parts of a raw table, in the columns of `read_part`; no text without a part.

    parts: files, in parts that are read alike.
#}
{% macro rows_of_parts(parts) -%}
{%- for part in parts -%}
        {{ milepost.read_part(part) }}
        {{ 'union all' if not loop.last }}
{%- endfor -%}
{%- endmacro %}
