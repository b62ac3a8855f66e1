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

-- What was corrected into something else is no delivery any more.
hauled as (

    {{ paired_versions(
        'deliveries',
        id='load_event_id',
        content=['load_id', 'carrier_id', 'event_at'],
        pairs={'pings': {'on': ['load_id', 'carrier_id']}},
        adds={'is_tracked': 'count(pings.known_at) > 0'},
    ) }}

)

select * from hauled
