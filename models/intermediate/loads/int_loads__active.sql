with

bookings as (

    select
        load_event_id,
        load_id,
        carrier_id,
        has_fallen_off,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__booked') }}

),

deliveries as (

    select
        load_id,
        carrier_id,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where event_type = 'delivered'

),

cancellations as (

    select
        load_id,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_changes') }}
    where change_type = 'cancellation'

),

load_instants as (

    {{ instants_of('deliveries', ['load_id']) }}
    union distinct
    {{ instants_of('cancellations', ['load_id']) }}

),

instants as (

    {{ instants_of('bookings', ['load_event_id']) }}
    union distinct
    select
        bookings.load_event_id,
        load_instants.known_at
    from bookings
    inner join load_instants
        on
            bookings.load_id = load_instants.load_id
            and bookings.known_at <= load_instants.known_at
            and bookings.known_at
            >= load_instants.known_at - interval '{{ var("reference_days") }}' day

),

standing as (

    select
        instants.load_event_id,
        bookings.load_id,
        bookings.carrier_id,
        bookings.has_fallen_off,
        bookings.event_at,
        instants.known_at
    from instants
    left join bookings
        on
            instants.load_event_id = bookings.load_event_id
            and {{ holds_at('bookings', 'instants.known_at') }}

),

ended as (

    select
        standing.load_event_id,
        standing.known_at
    from standing
    inner join deliveries
        on
            standing.load_id = deliveries.load_id
            and standing.carrier_id = deliveries.carrier_id
            and standing.event_at <= deliveries.event_at
            and {{ holds_at('deliveries', 'standing.known_at', var('reference_days')) }}
    union distinct
    select
        standing.load_event_id,
        standing.known_at
    from standing
    inner join cancellations
        on
            standing.load_id = cancellations.load_id
            and {{ holds_at('cancellations', 'standing.known_at', var('reference_days')) }}

),

states as (

    select
        standing.load_event_id,
        standing.load_id,
        standing.carrier_id,
        not coalesce(standing.has_fallen_off, true) and ended.load_event_id is null as is_active,
        standing.event_at,
        standing.known_at
    from standing
    left join ended
        on
            standing.load_event_id = ended.load_event_id
            and standing.known_at = ended.known_at

),

versions as (

    {{ versions_of(
        'states',
        id='load_event_id',
        content=['load_id', 'carrier_id', 'is_active', 'event_at'],
    ) }}

),

active as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_at as opens_at,
        cast(null as timestamp) as closes_at,
        event_at,
        known_at,
        superseded_at
    from versions
    where is_active

)

select * from active
