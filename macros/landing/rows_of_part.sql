{#
    The rows of files that were there when their partition was closed, or came late.

    table: what `ask('raw_rows')` answers.
    part: one of its `parts`: files that are read alike.
#}
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
        {{ 'false' if table.known_by in ['column', 'commit'] else 'true' }} as milepost__is_known_at_estimated,
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
