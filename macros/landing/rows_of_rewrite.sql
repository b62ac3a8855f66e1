{#
    Rows of some files that are not in others. A row that differs only in the column that says when it was known
    says the same: a loader that writes a partition anew stamps all of its rows.

    table: what `ask('raw_rows')` answers.
    parts: the files whose rows are given, in parts that are read alike.
    other_parts: the files whose rows are left out.
    known_from: the instant at which they were replaced.
    is_removed: whether the rows went then, `'true'` or `'false'`; otherwise they came.
#}
{% macro rows_of_rewrite(table, parts, other_parts, known_from, is_removed) -%}
select
        {%- for name in table.columns %}
        milepost__rows.{{ adapter.quote(name) }},
        {%- endfor %}
        cast({{ 'null' if table.known_by == 'model' else "'" ~ known_from ~ "'" }} as timestamp) as milepost__known_at,
        cast('{{ known_from }}' as timestamp) as milepost__starts_at,
        cast('{{ known_from }}' as timestamp) + interval '1' microsecond as milepost__closes_at,
        {{ 'false' if table.known_by in ['column', 'commit'] else 'true' }} as milepost__is_known_at_estimated,
        {{ is_removed }} as milepost__is_removed,
        milepost__rows.milepost__unreadable
    from (
        {{ milepost.rows_of_parts(parts) or milepost.rows_of_no_file(table) }}
    ) as milepost__rows
    where not exists (
        select 1
        from (
            {{ milepost.rows_of_parts(other_parts) or milepost.rows_of_no_file(table) }}
        ) as milepost__other_rows
        where
            milepost__rows.milepost__unreadable is not distinct from milepost__other_rows.milepost__unreadable
            {%- for name in table.columns if table.known_by != 'column' or name != table.known_column %}
            and milepost__rows.{{ adapter.quote(name) }} is not distinct from milepost__other_rows.{{ adapter.quote(name) }}
            {%- endfor %}
    )
{%- endmacro %}
