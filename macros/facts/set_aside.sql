{#
    Counts the rows of a base model that were set aside: one row for each reason and column that
    occurs, with up to three ids (`ids`). `set_aside_count` and `row_count` are of the last 28 days, so that
    a build from a slice of the raw log counts as a build in full. `all_set_aside_count` and `all_row_count`
    are of all rows that the build read and could judge, the `recent_` ones of the last 7 days,
    which a long history does not dilute. A first row, whose reason is null, has the counts of all reasons.

    A sound row that refers to nothing that counts has one of three reasons, and `column_name` says what refers to it:

    - `reference_too_old`: what it refers to is there, but older than the days of the reference.
    - `reference_set_aside`: rows of what it refers to are there, and all of them are set aside.
    - `reference_missing`: what it refers to is not there. The row becomes a fact when that lands, if that
      is within the days of the reference: see `counting_rows`.

    arguments: what `counting_rows` takes, by name.
    closed_before: the instant up to which its raw tables are closed, in SQL.
    judged_from: the instant from which rows that landed can be judged, in SQL; none for all.
    target_rows: `{'<column>': ['<relation>', ...]}`: for a column, the base models of what it refers to. A
    column that is not in it has no `reference_set_aside`.
    faulty_column: the name of the column that has the fault `unreadable`, in SQL.
#}
{% macro set_aside(
    arguments, closed_before, judged_from=none, target_rows={}, faulty_column='cast(null as string)'
) -%}
{%- set ids = milepost.columns_of(arguments.id) -%}
{%- set links = [] -%}
{%- for name, target in dict(arguments.get('references', {}), **arguments.get('snapshots', {})).items() -%}
    {%- do links.append({
        'name': name,
        'relation': 'milepost__' ~ milepost.columns_of(name) | join('_'),
        'columns': milepost.columns_of(name),
        'model': target[0],
        'keys': milepost.columns_of(target[1]),
        'rows': target_rows.get(name, []),
    }) -%}
{%- endfor -%}
with

counting as (

    {{ milepost.counting_rows(**arguments) }}

),
{%- for link in links %}

{{ link.relation }} as (

    select
        {% for key in link['keys'] -%}
        {{ key }} as {{ link.columns[loop.index0] }},
        {% endfor -%}
        min(known_at) as known_at
    from {{ ref(link.model) }}
    group by {{ link['keys'] | join(', ') }}

),
{%- if link.rows %}

{{ link.relation }}_rows as (
    {% for relation in link.rows %}
    select
        {%- for key in link['keys'] %}
        {{ key }} as {{ link.columns[loop.index0] }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union distinct' if not loop.last }}
    {%- endfor %}
    {%- if link.rows | length == 1 %}group by {{ link['keys'] | join(', ') }}{% endif %}

),
{%- endif %}
{%- endfor %}

judged as (

    select
        coalesce(
            counting.fault,
            case
                when counting.milepost__is_contradiction
                    then 'contradiction'
                {%- for link in links %}
                when
                    counting.milepost__missing_column = '{{ link.name }}'
                    and {{ link.relation }}.known_at < counting.milepost__described_at
                    then 'reference_too_old'
                {%- if link.rows %}
                when
                    counting.milepost__missing_column = '{{ link.name }}'
                    and {{ link.relation }}.known_at is null
                    and {{ link.relation }}_rows.{{ link.columns[0] }} is not null
                    then 'reference_set_aside'
                {%- endif %}
                {%- endfor %}
                when counting.milepost__counts_from is null
                    then 'reference_missing'
                else 'none'
            end
        ) as reason,
        case
            when counting.fault = 'unreadable'
                then {{ faulty_column }}
            {%- for column in ids %}
            when counting.fault = 'null_key' and counting.{{ column }} is null
                then '{{ column }}'
            {%- endfor %}
            when counting.fault is null and not counting.milepost__is_contradiction
                then counting.milepost__missing_column
        end as column_name,
        {% if ids | length == 1 -%}
        cast(counting.{{ ids[0] }} as string)
        {%- else -%}
        concat_ws(', ', {% for column in ids %}cast(counting.{{ column }} as string){{ ', ' if not loop.last }}{% endfor %})
        {%- endif %} as id_text,
        case
            when counting.landing_starts_at >= {{ closed_before }} - interval '7' day
                then 1
            else 0
        end as is_recent,
        case
            when counting.landing_starts_at >= {{ closed_before }} - interval '28' day
                then 1
            else 0
        end as is_counted
    from counting
    {#- A condition on the left side alone, beside the keys, costs DuckDB a comparison of all pairs; 2026-11. #}
    {%- for link in links %}
    left join {{ link.relation }}
        on
            {% for column in link.columns -%}
            case when counting.milepost__missing_column = '{{ link.name }}' then counting.{{ column }} end
            = {{ link.relation }}.{{ column }}
            {{- ' and ' if not loop.last }}
            {%- endfor %}
    {%- if link.rows %}
    left join {{ link.relation }}_rows
        on
            {% for column in link.columns -%}
            case when counting.milepost__missing_column = '{{ link.name }}' then counting.{{ column }} end
            = {{ link.relation ~ '_rows' }}.{{ column }}
            {{- ' and ' if not loop.last }}
            {%- endfor %}
    {%- endif %}
    {%- endfor %}
    {%- if judged_from %}
    where counting.landing_starts_at >= {{ judged_from }}
    {%- endif %}

),

rows_by_reason as (

    select
        reason,
        column_name,
        count(*) as row_count,
        sum(is_recent) as recent_count,
        sum(is_counted) as counted_count
    from judged
    group by reason, column_name

),

all_rows as (

    select
        sum(row_count) as row_count,
        sum(case when reason <> 'none' then row_count else 0 end) as set_aside_count,
        sum(recent_count) as recent_count,
        sum(case when reason <> 'none' then recent_count else 0 end) as recent_set_aside_count,
        sum(counted_count) as counted_count,
        sum(case when reason <> 'none' then counted_count else 0 end) as counted_set_aside_count
    from rows_by_reason

),

-- The last in order: a row that lands today is the one to look at.
ids_by_recency as (

    select distinct
        reason,
        column_name,
        id_text,
        dense_rank() over (
            partition by reason, column_name
            order by is_recent desc, is_counted desc, id_text
        ) as recency
    from judged
    where
        reason <> 'none'
        and id_text is not null

),

examples as (

    select
        reason,
        column_name,
        {% for place in [1, 2, 3] -%}
        max(case when recency = {{ place }} then id_text end) as id_{{ place }}{{ ',' if not loop.last }}
        {% endfor -%}
    from ids_by_recency
    where recency <= 3
    group by reason, column_name

),

counts as (

    select
        cast(null as string) as reason,
        cast(null as string) as column_name,
        cast(null as string) as ids,
        counted_set_aside_count as set_aside_count,
        set_aside_count as all_set_aside_count,
        recent_set_aside_count
    from all_rows
    where row_count > 0
    union all
    select
        rows_by_reason.reason,
        rows_by_reason.column_name,
        concat_ws(
            ', ',
            '`' || examples.id_1 || '`',
            '`' || examples.id_2 || '`',
            '`' || examples.id_3 || '`'
        ) as ids,
        rows_by_reason.counted_count as set_aside_count,
        rows_by_reason.row_count as all_set_aside_count,
        rows_by_reason.recent_count as recent_set_aside_count
    from rows_by_reason
    left join examples
        on
            rows_by_reason.reason = examples.reason
            and coalesce(rows_by_reason.column_name, '') = coalesce(examples.column_name, '')
    where rows_by_reason.reason <> 'none'

)

select
    counts.reason,
    counts.column_name,
    counts.ids,
    cast(counts.set_aside_count as bigint) as set_aside_count,
    cast(all_rows.counted_count as bigint) as row_count,
    cast(counts.all_set_aside_count as bigint) as all_set_aside_count,
    cast(all_rows.row_count as bigint) as all_row_count,
    cast(counts.recent_set_aside_count as bigint) as recent_set_aside_count,
    cast(all_rows.recent_count as bigint) as recent_row_count
from counts
cross join all_rows
{%- endmacro %}
