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

{# Rows of some files that are not in others. When they were known is no part of what they say. #}
{% macro rows_of_rewrite(table, parts, other_parts, known_from, is_removed) -%}
{%- set compared = [] -%}
{%- for name in table.columns if table.known_by != 'column' or name != table.known_column -%}
    {%- do compared.append(adapter.quote(name)) -%}
{%- endfor -%}
select
        {%- for name, data_type in table.columns.items() %}
        {%- if table.known_by == 'column' and name == table.known_column %}
        cast(cast('{{ known_from }}' as timestamp) as {{ data_type }}) as {{ adapter.quote(name) }},
        {%- else %}
        {{ adapter.quote(name) }},
        {%- endif %}
        {%- endfor %}
        cast({{ 'null' if table.known_by == 'model' else "'" ~ known_from ~ "'" }} as timestamp) as milepost__known_at,
        cast('{{ known_from }}' as timestamp) as milepost__starts_at,
        cast('{{ known_from }}' as timestamp) + interval '1' microsecond as milepost__closes_at,
        {{ 'true' if table.known_by != 'column' else 'false' }} as milepost__is_known_at_estimated,
        {{ is_removed }} as milepost__is_removed,
        milepost__unreadable
    from (
        {%- for part in parts %}
        select
            {{ compared | join(', ') }},
            milepost__unreadable
        from (
            {{ milepost.read_part(part) }}
        ) as milepost__rows
        {{ 'union all' if not loop.last }}
        {%- else %}
        {{ milepost.rows_of_no_file(table, compared) }}
        {%- endfor %}
        except
        (
        {%- for part in other_parts %}
        select
            {{ compared | join(', ') }},
            milepost__unreadable
        from (
            {{ milepost.read_part(part) }}
        ) as milepost__rows
        {{ 'union all' if not loop.last }}
        {%- else %}
        {{ milepost.rows_of_no_file(table, compared) }}
        {%- endfor %}
        )
    ) as milepost__rows
{%- endmacro %}

{# No row, in the columns of `rows_of_part`, or in those given and `milepost__unreadable`. #}
{% macro rows_of_no_file(table, columns=none) -%}
select
        {%- for name, data_type in table.columns.items() if columns is none or adapter.quote(name) in columns %}
        cast(null as {{ data_type }}) as {{ adapter.quote(name) }},
        {%- endfor %}
        {%- if columns is none %}
        cast(null as timestamp) as milepost__known_at,
        cast(null as timestamp) as milepost__starts_at,
        cast(null as timestamp) as milepost__closes_at,
        false as milepost__is_known_at_estimated,
        false as milepost__is_removed,
        {%- endif %}
        cast(null as string) as milepost__unreadable
    where 1 = 0
{%- endmacro %}
