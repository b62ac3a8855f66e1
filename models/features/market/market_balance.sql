with

responses as (

    select
        origin_market_id as market_id,
        equipment_type,
        cast(is_rejected as bigint) as rejected,
        -- A fact is in the windows of the grid instants after it became known.
        date_trunc('hour', known_at) + interval '1' hour as enters_at,
        date_trunc('hour', superseded_at) + interval '1' hour as superseded_from
    from {{ ref('int_tenders__answered') }}
    where origin_market_id is not null

),

-- What each grid instant adds to the window, and what it takes out: a response leaves when it is
-- as old as the window is long, or earlier when a correction replaces it.
changes as (

    select
        market_id,
        equipment_type,
        enters_at as grid_at,
        1 as tenders_7d,
        rejected as rejected_7d
    from responses

    union all

    select
        market_id,
        equipment_type,
        least(
            enters_at + interval '7' day,
            coalesce(superseded_from, enters_at + interval '7' day)
        ) as grid_at,
        -1 as tenders_7d,
        -rejected as rejected_7d
    from responses

),

changes_by_hour as (

    select
        market_id,
        equipment_type,
        grid_at,
        sum(tenders_7d) as tenders_7d,
        sum(rejected_7d) as rejected_7d
    from changes
    where grid_at <= {{ built_to('freight') }}
    group by market_id, equipment_type, grid_at

),

windows as (

    select
        market_id,
        equipment_type,
        grid_at,
        cast(sum(tenders_7d) over so_far as bigint) as tenders_7d,
        cast(sum(rejected_7d) over so_far as bigint) as rejected_7d
    from changes_by_hour
    window so_far as (
        partition by market_id, equipment_type
        order by grid_at
        rows between unbounded preceding and current row
    )

),

balance as (

    select
        market_id,
        equipment_type,
        {{ available_at('grid_at') }} as available_at,
        rejected_7d / nullif(tenders_7d, 0) as outbound_tender_rejection_rate_7d,
        tenders_7d as outbound_tender_count_7d
    from windows

)

select * from balance
