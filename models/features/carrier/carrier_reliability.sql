with

deliveries as (

    select
        carrier_id,
        cast(is_on_time as bigint) as on_time,
        -- A fact is in the windows of the grid instants after it became known.
        date_trunc('day', known_at) + interval '1' day as enters_at,
        date_trunc('day', superseded_at) + interval '1' day as superseded_from
    from {{ ref('int_loads__delivered') }}
    where is_on_time is not null

),

-- What each grid instant adds to a window, and what it takes out: a delivery leaves when it is as
-- old as the window is long, or earlier when a correction replaces it.
changes as (

    select
        carrier_id,
        enters_at as grid_at,
        1 as deliveries_28d,
        on_time as on_time_28d,
        1 as deliveries_90d,
        on_time as on_time_90d
    from deliveries

    union all

    select
        carrier_id,
        least(
            enters_at + interval '28' day,
            coalesce(superseded_from, enters_at + interval '28' day)
        ) as grid_at,
        -1 as deliveries_28d,
        -on_time as on_time_28d,
        0 as deliveries_90d,
        0 as on_time_90d
    from deliveries

    union all

    select
        carrier_id,
        least(
            enters_at + interval '90' day,
            coalesce(superseded_from, enters_at + interval '90' day)
        ) as grid_at,
        0 as deliveries_28d,
        0 as on_time_28d,
        -1 as deliveries_90d,
        -on_time as on_time_90d
    from deliveries

),

changes_by_day as (

    select
        carrier_id,
        grid_at,
        sum(deliveries_28d) as deliveries_28d,
        sum(on_time_28d) as on_time_28d,
        sum(deliveries_90d) as deliveries_90d,
        sum(on_time_90d) as on_time_90d
    from changes
    where grid_at <= {{ built_to('freight') }}
    group by carrier_id, grid_at

),

windows as (

    select
        carrier_id,
        grid_at,
        cast(sum(deliveries_28d) over so_far as bigint) as deliveries_28d,
        cast(sum(on_time_28d) over so_far as bigint) as on_time_28d,
        cast(sum(deliveries_90d) over so_far as bigint) as deliveries_90d,
        cast(sum(on_time_90d) over so_far as bigint) as on_time_90d
    from changes_by_day
    window so_far as (
        partition by carrier_id
        order by grid_at
        rows between unbounded preceding and current row
    )

),

reliability as (

    select
        carrier_id,
        {{ available_at('grid_at') }} as available_at,
        on_time_28d / nullif(deliveries_28d, 0) as on_time_delivery_rate_28d,
        deliveries_28d as delivery_count_28d,
        on_time_90d / nullif(deliveries_90d, 0) as on_time_delivery_rate_90d,
        deliveries_90d as delivery_count_90d
    from windows

)

select * from reliability
