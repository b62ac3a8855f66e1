{#
    The rows of a raw table's files, with the columns that `raw_rows` adds.

    table: what `ask('raw_rows')` answers; `milepost/building/raw_rows.py` describes it.
#}
{% macro rows_of_files(table) -%}
{%- set selects = [] -%}
{%- for part in table.parts -%}
    {%- do selects.append(milepost.rows_of_part(table, part)) -%}
{%- endfor -%}
{%- for rewrite in table.rewrites -%}
    {%- do selects.append(milepost.rows_of_rewrite(table, rewrite.after, rewrite.before, rewrite.known_from, 'false')) -%}
    {%- do selects.append(milepost.rows_of_rewrite(table, rewrite.before, rewrite.after, rewrite.known_from, 'true')) -%}
{%- endfor -%}
(
    {{ (selects or [milepost.rows_of_no_file(table)]) | join('\n    union all\n    ') }}
)
{%- endmacro %}
