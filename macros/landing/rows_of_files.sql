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

{# Rows of files that were there when their partition was closed, or came late. #}
{% macro rows_of_part(table, part) -%}
select
        {%- for name in table.columns %}
        milepost__rows.{{ adapter.quote(name) }},
        {%- endfor %}
        {%- if table.known_by == 'column' %}
        {%- set known_at = "cast(milepost__rows." ~ adapter.quote(table.known_column) ~ " as timestamp)" %}
        case
            when {{ known_at }} is not null
                then greatest({{ known_at }}, coalesce(cast(milepost__files.known_from as timestamp), {{ known_at }}))
        end as milepost__known_at,
        {%- elif table.known_by == 'model' %}
        cast(null as timestamp) as milepost__known_at,
        {%- else %}
        cast(milepost__files.known_from as timestamp) as milepost__known_at,
        {%- endif %}
        cast(milepost__files.starts_at as timestamp) as milepost__starts_at,
        cast(milepost__files.closes_at as timestamp) as milepost__closes_at,
        {{ 'true' if table.known_by != 'column' else 'false' }} as milepost__is_known_at_estimated,
        false as milepost__is_removed,
        milepost__rows.milepost__unreadable
    from (
        {{ milepost.read_part(part) }}
    ) as milepost__rows
    inner join (
        values
        {%- for file in part.files %}
        ('{{ file.uri | replace("'", "''") }}', '{{ file.starts_at }}', '{{ file.closes_at }}', {{ "'" ~ file.known_from ~ "'" if file.known_from else 'null' }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as milepost__files (uri, starts_at, closes_at, known_from)
        on milepost__rows.milepost__file = milepost__files.uri
{%- endmacro %}

{#
    Rows of some files that are not in others. A row that differs only in the column that says when it was known
    says the same: a loader that writes a partition anew stamps all of its rows.
#}
{% macro rows_of_rewrite(table, parts, other_parts, known_from, is_removed) -%}
select
        {%- for name in table.columns %}
        milepost__rows.{{ adapter.quote(name) }},
        {%- endfor %}
        cast({{ 'null' if table.known_by == 'model' else "'" ~ known_from ~ "'" }} as timestamp) as milepost__known_at,
        cast('{{ known_from }}' as timestamp) as milepost__starts_at,
        cast('{{ known_from }}' as timestamp) + interval '1' microsecond as milepost__closes_at,
        {{ 'true' if table.known_by != 'column' else 'false' }} as milepost__is_known_at_estimated,
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

{# The rows of several parts, in the columns of `read_part`; nothing without a part. #}
{% macro rows_of_parts(parts) -%}
{%- for part in parts -%}
        {{ milepost.read_part(part) }}
        {{ 'union all' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{# No row, in the columns of `rows_of_part`. #}
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
