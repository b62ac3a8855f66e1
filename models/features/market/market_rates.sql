with

spot as (

    select
        origin_market_id as market_id,
        equipment_type,
        carrier_id,
        rpm_usd,
        known_at,
        superseded_at
    from {{ ref('int_loads__settled') }}
    where
        is_spot
        and rpm_usd is not null

),

{%- set enough = {
    'spot_load_count': var('rate_load_count_min'),
    'spot_carrier_count': var('rate_carrier_count_min'),
} %}

windows as (

    {{ trailing_features(
        keys=['market_id', 'equipment_type'],
        features=[
            {'name': 'spot_rpm_p50_usd', 'p50': 'spot.rpm_usd', 'over': ['7d', '30d'], 'at_least': enough},
            {'name': 'spot_load_count', 'count': 'spot', 'over': ['7d', '30d']},
            {'name': 'spot_carrier_count', 'distinct': 'spot.carrier_id', 'over': ['7d', '30d']},
        ],
    ) }}

)

select * from windows
