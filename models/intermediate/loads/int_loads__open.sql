with

lanes as (

    select
        load_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        is_spot,
        event_at,
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

bookings as (

    select
        load_id,
        has_fallen_off,
        fell_off_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__booked') }}

),

cancellations as (

    select
        load_id,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_changes') }}
    where change_type = 'cancellation'

),

instants as (

    {{ instants_of('lanes', ['load_id']) }}
    union distinct
    {{ instants_of('appointments', ['load_id']) }}
    union distinct
    {{ instants_of('bookings', ['load_id']) }}
    union distinct
    {{ instants_of('cancellations', ['load_id']) }}

),

booked as (

    select
        instants.load_id,
        instants.known_at,
        max(case when bookings.has_fallen_off then 0 else 1 end) as is_covered,
        max(bookings.fell_off_at) as fell_off_at
    from instants
    inner join bookings
        on
            instants.load_id = bookings.load_id
            and {{ holds_at('bookings', 'instants.known_at', var('reference_days')) }}
    group by instants.load_id, instants.known_at

),

cancelled as (

    select distinct
        instants.load_id,
        instants.known_at
    from instants
    inner join cancellations
        on
            instants.load_id = cancellations.load_id
            and {{ holds_at('cancellations', 'instants.known_at', var('reference_days')) }}

),

states as (

    select
        instants.load_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        lanes.is_spot,
        coalesce(booked.is_covered, 0) = 0 and cancelled.load_id is null as is_open,
        greatest(lanes.event_at, coalesce(booked.fell_off_at, lanes.event_at)) as opens_at,
        appointments.pickup_appointment_at as closes_at,
        instants.known_at
    from instants
    inner join lanes
        on
            instants.load_id = lanes.load_id
            and {{ holds_at('lanes', 'instants.known_at') }}
    inner join appointments
        on
            instants.load_id = appointments.load_id
            and {{ holds_at('appointments', 'instants.known_at') }}
    left join booked
        on
            instants.load_id = booked.load_id
            and instants.known_at = booked.known_at
    left join cancelled
        on
            instants.load_id = cancelled.load_id
            and instants.known_at = cancelled.known_at

),

versions as (

    {{ versions_of(
        'states',
        id='load_id',
        content=[
            'origin_market_id',
            'destination_market_id',
            'equipment_type',
            'is_spot',
            'is_open',
            'opens_at',
            'closes_at',
        ],
    ) }}

),

open_loads as (

    select
        load_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        is_spot,
        opens_at,
        closes_at,
        opens_at as event_at,
        known_at,
        superseded_at
    from versions
    where is_open

)

select * from open_loads
