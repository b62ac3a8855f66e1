with

events as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_type,
        stop_type,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where stop_type in ('pickup', 'delivery')

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

arrivals as (

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
    inner join lanes
        on
            events.load_id = lanes.load_id
            and {{ holds_at('lanes', 'events.known_at') }}
    where
        events.event_type = 'arrived'
        and events.stop_type = 'delivery'

),

-- Some sources tell when the truck left, others when it was loaded.
departures as (

    select * from events
    where
        event_type in ('departed', 'picked_up')
        and stop_type = 'pickup'

),

-- A truck that came back to the pickup left it for the last time.
timed as (

    {{ paired_versions(
        'arrivals',
        id='load_event_id',
        content=[
            'load_id',
            'carrier_id',
            'origin_market_id',
            'destination_market_id',
            'equipment_type',
            'event_at',
        ],
        pairs={
            'departures': {
                'on': ['load_id', 'carrier_id'],
                'where': 'arrivals.event_at >= departures.event_at',
            },
        },
        adds={'departed_at': 'max(departures.event_at)'},
    ) }}

),

transits as (

    select
        load_event_id,
        load_id,
        carrier_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        {{ elapsed('departed_at', 'event_at', 'hour') }} as transit_hours,
        event_at,
        known_at,
        superseded_at
    from timed
    where departed_at is not null

)

select * from transits
