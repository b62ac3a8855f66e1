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

-- A delivery whose load was deleted before counts for its carrier, on no lane.
deliveries as (

    select
        events.load_event_id,
        events.load_id,
        events.carrier_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        events.event_at,
        events.known_at,
        events.superseded_at
    from events
    left join lanes
        on
            events.load_id = lanes.load_id
            and {{ holds_at('lanes', 'events.known_at') }}
    where events.event_type = 'delivered'

),

pings as (

    select * from events
    where event_type = 'tracking_ping'

),

-- What was corrected into something else is no delivery any more.
hauled as (

    {{ paired_versions(
        'deliveries',
        id='load_event_id',
        content=[
            'load_id',
            'carrier_id',
            'origin_market_id',
            'destination_market_id',
            'equipment_type',
            'event_at',
        ],
        pairs={'pings': {'on': ['load_id', 'carrier_id']}},
        adds={'is_tracked': 'count(pings.known_at) > 0'},
    ) }}

)

select * from hauled
