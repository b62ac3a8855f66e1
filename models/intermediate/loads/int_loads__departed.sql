with

events as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_type,
        stop_type,
        coalesce(stop_sequence, 0) as stop_sequence,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where
        event_type in ('arrived', 'departed')
        and stop_type in ('pickup', 'delivery')

),

lanes as (

    select
        load_id,
        origin_facility_id,
        destination_facility_id,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

arrivals as (

    select * from events
    where event_type = 'arrived'

),

departures as (

    select
        events.load_event_id,
        events.load_id,
        events.carrier_id,
        case events.stop_type
            when 'pickup' then lanes.origin_facility_id
            else lanes.destination_facility_id
        end as facility_id,
        events.stop_type,
        events.stop_sequence,
        events.event_at,
        events.known_at,
        events.superseded_at
    from events
    inner join lanes
        on
            events.load_id = lanes.load_id
            and {{ holds_at('lanes', 'events.known_at') }}
    where events.event_type = 'departed'

),

-- A truck that comes twice departs twice: the last arrival before a departure is of the same visit.
versions as (

    {{ paired_versions(
        'departures',
        id='load_event_id',
        content=['load_id', 'carrier_id', 'facility_id', 'stop_type', 'stop_sequence', 'event_at'],
        pairs={
            'arrivals': {
                'on': ['load_id', 'carrier_id', 'stop_type', 'stop_sequence'],
                'where': 'departures.event_at >= arrivals.event_at',
            },
        },
        adds={'arrived_at': 'max(arrivals.event_at)'},
    ) }}

),

departed as (

    select
        load_event_id,
        load_id,
        carrier_id,
        facility_id,
        stop_type,
        arrived_at,
        {{ elapsed('arrived_at', 'event_at', 'minute') }} as dwell_minutes,
        event_at,
        known_at,
        superseded_at
    from versions

)

select * from departed
