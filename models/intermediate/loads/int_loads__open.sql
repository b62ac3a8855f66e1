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

    {{ instants_of(['lanes', 'appointments', 'bookings', 'cancellations'], ['load_id']) }}

),

-- Open while no booking stands and nobody has cancelled: again from when the last carrier gave up.
states as (

    select
        instants.load_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        lanes.is_spot,
        count(case when not bookings.has_fallen_off then 1 end)
        + count(cancellations.known_at) = 0 as is_open,
        greatest(
            lanes.event_at, coalesce(max(bookings.fell_off_at), lanes.event_at)
        ) as opens_at,
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
    left join bookings
        on
            instants.load_id = bookings.load_id
            and {{ holds_at('bookings', 'instants.known_at', var('reference_days')) }}
    left join cancellations
        on
            instants.load_id = cancellations.load_id
            and {{ holds_at('cancellations', 'instants.known_at', var('reference_days')) }}
    group by
        instants.load_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        lanes.is_spot,
        lanes.event_at,
        appointments.pickup_appointment_at,
        instants.known_at

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
