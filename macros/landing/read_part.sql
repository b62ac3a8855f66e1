{#
    A select of the declared columns of some files whose columns have the same types, with `milepost__file`, the
    URI of a row's file, and `milepost__unreadable`.

    table: what `ask('raw_rows')` answers.
    part: one of its `parts`.
#}
{% macro read_part(table, part) -%}
select
        {%- for name, data_type in table.columns.items() %}
        {%- if part.types[name] is none %}
        cast(null as {{ data_type }}) as {{ adapter.quote(name) }},
        {%- else %}
        cast({{ adapter.quote(name) }} as {{ data_type }}) as {{ adapter.quote(name) }},
        {%- endif %}
        {%- endfor %}
        cast(null as string) as milepost__unreadable,
        milepost__file
    from {{ milepost.read_files(part.files | map(attribute='uri') | list) }}
{%- endmacro %}
