with

pickups as (

    select
        load_event_id,
        carrier_id,
        is_on_time,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__arrived') }}
    where
        stop_type = 'pickup'
        and is_on_time is not null

),

deliveries as (

    select
        carrier_id,
        is_on_time,
        minutes_late,
        known_at,
        superseded_at
    from {{ ref('int_loads__delivered') }}
    where is_on_time is not null

),

bookings as (

    select
        load_event_id,
        carrier_id,
        has_fallen_off,
        fall_off_severity,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__booked') }}

),

windows as (

    {{ trailing_features(
        keys=['carrier_id'],
        features=[
            {'name': 'on_time_pickup_rate', 'rate': 'pickups.is_on_time', 'last': 50, 'within': '360d', 'id': 'load_event_id'},
            {'name': 'pickup_count', 'count': 'pickups', 'last': 50, 'within': '360d', 'id': 'load_event_id'},
            {'name': 'on_time_delivery_rate', 'rate': 'deliveries.is_on_time', 'over': ['28d', '90d']},
            {'name': 'delivery_count', 'count': 'deliveries', 'over': ['28d', '90d']},
            {'name': 'lateness_p90_minutes', 'p90': 'deliveries.minutes_late', 'over': '90d'},
            {'name': 'fall_off_rate', 'rate': 'bookings.has_fallen_off', 'last': 50, 'within': '360d', 'id': 'load_event_id'},
            {'name': 'booking_count', 'count': 'bookings', 'last': 50, 'within': '360d', 'id': 'load_event_id'},
            {'name': 'fall_off_severity_mean', 'mean': 'bookings.fall_off_severity', 'last': 50, 'within': '360d', 'id': 'load_event_id'},
            {'name': 'fall_off_count', 'count': 'bookings.fall_off_severity', 'last': 50, 'within': '360d', 'id': 'load_event_id'},
        ],
    ) }}

)

select * from windows
