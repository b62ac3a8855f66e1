{#
    No row, in the columns of `rows_of_part`.

    table: what `ask('raw_rows')` answers.
#}
{% macro rows_of_no_file(table) -%}
select
        {%- for name, data_type in table.columns.items() %}
        cast(null as {{ data_type }}) as {{ adapter.quote(name) }},
        {%- endfor %}
        cast(null as timestamp) as milepost__known_at,
        cast(null as timestamp) as milepost__starts_at,
        cast(null as timestamp) as milepost__closes_at,
        false as milepost__is_known_at_estimated,
        false as milepost__is_removed,
        cast(null as string) as milepost__unreadable
    where 1 = 0
{%- endmacro %}
