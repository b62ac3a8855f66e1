with

bookings as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__booked') }}
    where not has_fallen_off

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

-- A booking ends when its carrier has delivered, or nobody is to deliver.
versions as (

    {{ paired_versions(
        'bookings',
        id='load_event_id',
        content=['load_id', 'carrier_id', 'event_at'],
        pairs={
            'deliveries': {
                'on': ['load_id', 'carrier_id'],
                'where': 'bookings.event_at <= deliveries.event_at',
            },
            'cancellations': {'on': ['load_id']},
        },
        adds={'has_ended': 'count(deliveries.known_at) + count(cancellations.known_at) > 0'},
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
    where not has_ended

)

select * from active
