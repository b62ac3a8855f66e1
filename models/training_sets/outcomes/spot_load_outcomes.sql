with

lanes as (

    select
        load_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        pickup_appointment_at,
        is_spot,
        known_at,
        row_number() over (partition by load_id order by known_at) as version_number
    from {{ ref('int_loads__lanes') }}

),

-- A load is there to be priced from when we learned of it, as it was then. A correction of it is
-- no new load.
loads as (

    select
        load_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        pickup_appointment_at as pickup_due_at,
        known_at as event_timestamp,
        known_at + interval '{{ var("spot_rate_horizon_days") }}' day as horizon_at
    from lanes
    where
        version_number = 1
        and is_spot

),

settlements as (

    select
        settlement_id,
        load_id,
        cast(rpm_usd as double) as rpm_usd,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__settled') }}
    where rpm_usd is not null

),

-- As the settlement stood at the horizon: a correction that came later does not change the label.
settlements_by_recency as (

    select
        loads.load_id,
        settlements.rpm_usd,
        row_number() over (
            partition by loads.load_id
            order by
                settlements.known_at desc, settlements.event_at desc, settlements.settlement_id desc
        ) as recency
    from loads
    inner join settlements
        on loads.load_id = settlements.load_id
    where
        settlements.known_at < loads.horizon_at
        and (
            settlements.superseded_at is null
            or settlements.superseded_at >= loads.horizon_at
        )

),

outcomes as (

    select
        load_id,
        rpm_usd
    from settlements_by_recency
    where recency = 1

),

-- There is nothing to predict where the rate was known first, and a feature may hold it.
known_before as (

    select distinct loads.load_id
    from loads
    inner join settlements
        on
            loads.load_id = settlements.load_id
            and loads.event_timestamp >= settlements.known_at

),

spot_load_outcomes as (

    select
        loads.load_id,
        loads.shipper_id,
        loads.origin_facility_id,
        loads.destination_facility_id,
        loads.origin_market_id,
        loads.destination_market_id,
        loads.equipment_type,
        case when loads.miles > 0 then cast(loads.miles as double) end as miles,
        loads.pickup_due_at,
        loads.event_timestamp,
        loads.horizon_at,
        case when outcomes.rpm_usd is null then 'not_settled' else 'settled' end as outcome,
        outcomes.rpm_usd as settled_rpm_usd
    from loads
    left join outcomes
        on loads.load_id = outcomes.load_id
    left join known_before
        on loads.load_id = known_before.load_id
    where
        known_before.load_id is null
        and {{ in_batch('loads.horizon_at') }}

)

select * from spot_load_outcomes
