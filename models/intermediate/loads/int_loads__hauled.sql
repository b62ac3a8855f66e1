with

events as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_type,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where event_type in ('delivered', 'tracking_ping')

),

deliveries as (

    select * from events
    where event_type = 'delivered'

),

pings as (

    select * from events
    where event_type = 'tracking_ping'

),

ping_instants as (

    {{ instants_of('pings', ['load_id', 'carrier_id']) }}

),

instants as (

    {{ instants_of('deliveries', ['load_event_id']) }}
    union distinct
    select
        deliveries.load_event_id,
        ping_instants.known_at
    from deliveries
    inner join ping_instants
        on
            deliveries.load_id = ping_instants.load_id
            and deliveries.carrier_id = ping_instants.carrier_id
            and deliveries.known_at <= ping_instants.known_at
            and deliveries.known_at
            >= ping_instants.known_at - interval '{{ var("reference_days") }}' day

),

standing as (

    select
        instants.load_event_id,
        deliveries.load_id,
        deliveries.carrier_id,
        deliveries.event_at,
        instants.known_at
    from instants
    left join deliveries
        on
            instants.load_event_id = deliveries.load_event_id
            and {{ holds_at('deliveries', 'instants.known_at') }}

),

tracked as (

    select distinct
        standing.load_event_id,
        standing.known_at
    from standing
    inner join pings
        on
            standing.load_id = pings.load_id
            and standing.carrier_id = pings.carrier_id
            and {{ holds_at('pings', 'standing.known_at', var('reference_days')) }}

),

states as (

    select
        standing.load_event_id,
        standing.load_id,
        standing.carrier_id,
        tracked.load_event_id is not null as is_tracked,
        standing.event_at,
        standing.known_at
    from standing
    left join tracked
        on
            standing.load_event_id = tracked.load_event_id
            and standing.known_at = tracked.known_at

),

versions as (

    {{ versions_of(
        'states',
        id='load_event_id',
        content=['load_id', 'carrier_id', 'is_tracked', 'event_at'],
    ) }}

),

-- What was corrected into something else is no delivery any more.
hauled as (

    select * from versions
    where load_id is not null

)

select * from hauled
