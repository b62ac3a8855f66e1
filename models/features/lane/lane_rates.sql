with

spot_rates as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        rpm_usd,
        -- A fact is in the windows of the grid instants after it became known.
        date_trunc('day', known_at) + interval '1' day as enters_at,
        date_trunc('day', superseded_at) + interval '1' day as superseded_from
    from {{ ref('int_loads__settled') }}
    where
        is_spot
        and rpm_usd is not null
        and origin_market_id is not null
        and destination_market_id is not null

),

-- A settlement leaves when it is as old as the window is long, or earlier when a correction
-- replaces it.
stays as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        rpm_usd,
        enters_at,
        least(
            enters_at + interval '30' day,
            coalesce(superseded_from, enters_at + interval '30' day)
        ) as leaves_at
    from spot_rates

),

-- A row stands where a settlement enters or leaves.
instants as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        enters_at as grid_at
    from stays

    union distinct

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        leaves_at
    from stays

),

windows as (

    select
        instants.origin_market_id,
        instants.destination_market_id,
        instants.equipment_type,
        instants.grid_at,
        median(stays.rpm_usd) as rpm_p50_30d,
        count(stays.rpm_usd) as loads_30d
    from instants
    left join stays
        on
            instants.origin_market_id = stays.origin_market_id
            and instants.destination_market_id = stays.destination_market_id
            and instants.equipment_type = stays.equipment_type
            and instants.grid_at >= stays.enters_at
            and instants.grid_at < stays.leaves_at
    where instants.grid_at <= {{ built_to('freight') }}
    group by
        instants.origin_market_id,
        instants.destination_market_id,
        instants.equipment_type,
        instants.grid_at

),

rates as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        {{ available_at('grid_at') }} as available_at,
        rpm_p50_30d as spot_rpm_p50_usd_30d,
        loads_30d as spot_load_count_30d
    from windows

)

select * from rates
