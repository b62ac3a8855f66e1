with

-- Two hours at a stop are free; the rest is detention.
stops as (

    select
        facility_id,
        dwell_minutes,
        dwell_minutes > 120 as is_detained,
        known_at,
        superseded_at
    from {{ ref('int_loads__departed') }}
    where dwell_minutes is not null

),

windows as (

    {{ trailing_features(
        keys=['facility_id'],
        features=[
            {'name': 'dwell_p50_minutes', 'p50': 'stops.dwell_minutes', 'over': '90d'},
            {'name': 'dwell_p90_minutes', 'p90': 'stops.dwell_minutes', 'over': '90d'},
            {'name': 'detention_rate', 'rate': 'stops.is_detained', 'over': '90d'},
            {'name': 'stop_count', 'count': 'stops', 'over': '90d'},
        ],
    ) }}

)

select * from windows
