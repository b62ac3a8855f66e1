with

arrivals as (

    select
        load_event_id,
        load_id,
        carrier_id,
        stop_type,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where
        event_type = 'arrived'
        and stop_type in ('pickup', 'delivery')

),

lanes as (

    select
        load_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

appointments as (

    select
        load_id,
        pickup_appointment_at,
        delivery_appointment_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__appointments') }}

),

due as (

    select
        arrivals.*,
        lanes.equipment_type,
        case arrivals.stop_type
            when 'pickup' then lanes.origin_market_id
            else lanes.destination_market_id
        end as market_id,
        case arrivals.stop_type
            when 'pickup' then appointments.pickup_appointment_at
            else appointments.delivery_appointment_at
        end as due_at
    from arrivals
    inner join lanes
        on
            arrivals.load_id = lanes.load_id
            and {{ holds_at('lanes', 'arrivals.known_at') }}
    inner join appointments
        on
            arrivals.load_id = appointments.load_id
            and {{ holds_at('appointments', 'arrivals.known_at') }}

),

arrived as (

    select
        load_event_id,
        load_id,
        carrier_id,
        market_id,
        equipment_type,
        stop_type,
        event_at <= due_at + interval '{{ var("on_time_grace_minutes") }}' minute as is_on_time,
        case
            when event_at > due_at
                then {{ elapsed('due_at', 'event_at', 'minute') }}
            when due_at is not null
                then 0
        end as minutes_late,
        event_at,
        known_at,
        superseded_at
    from due

)

select * from arrived
