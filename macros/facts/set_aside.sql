{#
    Counts the rows of a base model that were set aside: a select of (reason, set_aside_count,
    row_count, set_aside_share, recent_set_aside_share), one row per reason that occurs. The counts
    are of the last 28 days before `closed_before`, so that a build from a slice of the raw log counts
    as a build in full. The shares are over all reasons: of all rows that the build read and could
    judge, and of the last 7 days, which a long history does not dilute.

    A sound row that refers to nothing that counts (`unknown_reference`) becomes a fact when that
    lands, if that is within `reference_days`: see `counting_rows`.

    base, id, content, references, snapshots, code_lists: as in `staged_facts`, which has it counted.
    staged: the relation of the staged facts.
    closed_before: the instant up to which the base's raw tables are closed, in SQL.
    judged_from: the instant from which rows that landed can be judged, in SQL; none for all.
#}
{% macro set_aside(
    base,
    staged,
    id,
    content,
    closed_before,
    judged_from=none,
    references={},
    snapshots={},
    code_lists={}
) -%}
with

facts as (

    select distinct {{ id }} as fact_id
    from {{ staged }}

),

counting as (

    {{ milepost.counting_rows(base, id, content, references, snapshots, code_lists) }}

),

judged as (

    select
        coalesce(
            counting.fault,
            case
                when counting.milepost__is_contradiction
                    then 'contradiction'
                when counting.milepost__counts_from is null or facts.fact_id is null
                    then 'unknown_reference'
                else 'none'
            end
        ) as reason,
        case
            when
                counting.landing_starts_at >= {{ closed_before }} - interval '7' day
                then 1
            else 0
        end as is_recent,
        case
            when
                counting.landing_starts_at >= {{ closed_before }} - interval '28' day
                then 1
            else 0
        end as is_counted
    from counting
    left join facts
        on counting.{{ id }} = facts.fact_id
    {%- if judged_from %}
    where counting.landing_starts_at >= {{ judged_from }}
    {%- endif %}

),

rows_by_reason as (

    select
        reason,
        count(*) as row_count,
        sum(is_recent) as recent_count,
        sum(is_counted) as counted_count
    from judged
    group by reason

),

all_rows as (

    select
        sum(row_count) as row_count,
        sum(case when reason <> 'none' then row_count else 0 end) as set_aside_count,
        sum(recent_count) as recent_count,
        sum(counted_count) as counted_count,
        sum(case when reason <> 'none' then recent_count else 0 end) as recent_set_aside_count
    from rows_by_reason

)

select
    rows_by_reason.reason,
    cast(rows_by_reason.counted_count as bigint) as set_aside_count,
    cast(all_rows.counted_count as bigint) as row_count,
    all_rows.set_aside_count / all_rows.row_count as set_aside_share,
    all_rows.recent_set_aside_count / nullif(all_rows.recent_count, 0) as recent_set_aside_share
from rows_by_reason
cross join all_rows
where rows_by_reason.reason <> 'none'
{%- endmacro %}
