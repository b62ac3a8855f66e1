with

booked as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_at,
        known_at,
        row_number() over (partition by load_event_id order by known_at) as version_number
    from {{ ref('stg_freight__load_events') }}
    where event_type = 'booked'

),

-- A booking is there to predict from when we learned of it. A correction of it is no new one.
bookings as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_at as booked_at,
        known_at as event_timestamp,
        known_at + interval '{{ var("late_delivery_horizon_days") }}' day as horizon_at
    from booked
    where version_number = 1

),

lanes as (

    select
        load_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
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
        known_at,
        superseded_at
    from {{ ref('int_loads__appointments') }}

),

-- The first of them ends a booking: a carrier may fall off a load and book it anew.
ends as (

    select
        load_event_id,
        load_id,
        carrier_id,
        'fell_off' as outcome,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where event_type = 'fell_off'

    union all

    select
        load_event_id,
        load_id,
        carrier_id,
        case
            when is_on_time then 'on_time'
            when not is_on_time then 'late'
            else 'no_appointment'
        end as outcome,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__delivered') }}

),

ends_of_bookings as (

    select
        bookings.load_event_id,
        bookings.event_timestamp,
        bookings.horizon_at,
        ends.load_event_id as end_event_id,
        ends.outcome,
        ends.event_at,
        ends.known_at,
        ends.superseded_at
    from bookings
    inner join ends
        on
            bookings.load_id = ends.load_id
            and bookings.carrier_id = ends.carrier_id
            and bookings.booked_at <= ends.event_at

),

-- As the end stood at the horizon: a correction that came later does not change the label.
ends_in_order as (

    select
        load_event_id,
        outcome,
        row_number() over (
            partition by load_event_id
            order by event_at, known_at, end_event_id
        ) as end_number
    from ends_of_bookings
    where
        known_at < horizon_at
        and (superseded_at is null or superseded_at >= horizon_at)

),

outcomes as (

    select
        load_event_id,
        outcome
    from ends_in_order
    where end_number = 1

),

-- There is nothing to predict where the end was known first, and a feature may hold it.
known_before as (

    select distinct load_event_id
    from ends_of_bookings
    where known_at <= event_timestamp

),

booking_outcomes as (

    select
        bookings.load_event_id,
        bookings.load_id,
        bookings.carrier_id,
        lanes.shipper_id,
        lanes.origin_facility_id,
        lanes.destination_facility_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        appointments.pickup_appointment_at as pickup_due_at,
        bookings.event_timestamp,
        bookings.horizon_at,
        coalesce(outcomes.outcome, 'not_delivered') as outcome
    from bookings
    inner join lanes
        on
            bookings.load_id = lanes.load_id
            and {{ holds_at('lanes', 'bookings.event_timestamp') }}
    left join appointments
        on
            bookings.load_id = appointments.load_id
            and {{ holds_at('appointments', 'bookings.event_timestamp') }}
    left join outcomes
        on bookings.load_event_id = outcomes.load_event_id
    left join known_before
        on bookings.load_event_id = known_before.load_event_id
    where
        known_before.load_event_id is null
        and {{ in_batch('bookings.horizon_at') }}

)

select * from booking_outcomes
