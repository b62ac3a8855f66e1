{#
    Counts the rows that were set aside: a select of (table_name, reason, set_aside_count,
    row_count, set_aside_share, recent_set_aside_share), one row per table and reason that occurs.
    The counts are of the last `counted_days` landing dates, so that a build from a slice of the raw
    log counts as a build in full. The shares are the table's, over all reasons: of all rows that the
    build read and could judge, and of the last `recent_days`, which a long history does not dilute.

    tables: `{'<table>': {'base': <base model>, 'staged': <staged facts>, 'id': '<id>',
    'references': {...}, 'snapshots': {...}, 'code_lists': {...}}}`, the last three as in
    `staged_facts`. A sound row that refers to nothing that counts (`unknown_reference`) becomes a
    fact when that lands, if that is within `reference_days`: see `counting_rows`.
    source_name: the source of the tables.
#}
{% macro set_aside(tables, source_name, recent_days=7, counted_days=28) -%}
{%- set closed_before = milepost.closed_before(source_name) -%}
{%- set judged_from = milepost.judged_from(model.unique_id) if execute else none -%}
with
{% for table, about in tables.items() %}
{{ table }}_facts as (

    select distinct {{ about.id }} as fact_id
    from {{ about.staged }}

),

{{ table }}_counting as (

    {{ milepost.counting_rows(
        about.base,
        about.get('references', {}),
        about.get('snapshots', {}),
        about.get('code_lists', {}),
    ) }}

),

{{ table }}_rows as (

    select
        '{{ table }}' as table_name,
        coalesce(
            base.fault,
            case
                when base.counts_from is null or facts.fact_id is null
                    then 'unknown_reference'
                else 'none'
            end
        ) as reason,
        case
            when base.landing_date >= {{ closed_before }} - interval '{{ recent_days }}' day then 1
            else 0
        end as is_recent,
        case
            when base.landing_date >= {{ closed_before }} - interval '{{ counted_days }}' day then 1
            else 0
        end as is_counted
    from {{ table }}_counting as base
    left join {{ table }}_facts as facts
        on base.{{ about.id }} = facts.fact_id
    {%- if judged_from %}
    where base.landing_date >= cast('{{ judged_from }}' as date)
    {%- endif %}

),
{% endfor %}
all_rows as (
    {% for table in tables %}
    select * from {{ table }}_rows
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

rows_by_reason as (

    select
        table_name,
        reason,
        count(*) as row_count,
        sum(is_recent) as recent_count,
        sum(is_counted) as counted_count
    from all_rows
    group by table_name, reason

),

tables as (

    select
        table_name,
        sum(row_count) as row_count,
        sum(case when reason <> 'none' then row_count else 0 end) as set_aside_count,
        sum(recent_count) as recent_count,
        sum(counted_count) as counted_count,
        sum(case when reason <> 'none' then recent_count else 0 end) as recent_set_aside_count
    from rows_by_reason
    group by table_name

)

select
    rows_by_reason.table_name,
    rows_by_reason.reason,
    cast(rows_by_reason.counted_count as bigint) as set_aside_count,
    cast(tables.counted_count as bigint) as row_count,
    tables.set_aside_count / tables.row_count as set_aside_share,
    tables.recent_set_aside_count / nullif(tables.recent_count, 0) as recent_set_aside_share
from rows_by_reason
inner join tables
    on rows_by_reason.table_name = tables.table_name
where rows_by_reason.reason <> 'none'
{%- endmacro %}
