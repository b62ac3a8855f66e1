with

settlements as (

    select
        settlement_id,
        load_id,
        carrier_id,
        linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__settlements') }}

),

lanes as (

    select
        load_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        is_spot,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

settled as (

    select
        settlements.settlement_id,
        settlements.load_id,
        settlements.carrier_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        lanes.is_spot,
        cast(settlements.linehaul_usd as double)
        / nullif(cast(lanes.miles as double), 0) as rpm_usd,
        cast(
            cast(settlements.linehaul_usd as double)
            / nullif(cast(lanes.miles as double), 0) as decimal(18, 6)
        ) as rpm_decimal_usd,
        settlements.event_at,
        settlements.known_at,
        settlements.superseded_at
    from settlements
    inner join lanes
        on
            settlements.load_id = lanes.load_id
            and {{ holds_at('lanes', 'settlements.known_at') }}

)

select * from settled
