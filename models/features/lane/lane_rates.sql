with

spot as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        rpm_usd,
        known_at,
        superseded_at
    from {{ ref('int_loads__settled') }}
    where
        is_spot
        and rpm_usd is not null

),

windows as (

    {{ trailing_features(
        keys=['origin_market_id', 'destination_market_id', 'equipment_type'],
        features=[
            {'name': 'spot_rpm_p50_usd', 'p50': 'spot.rpm_usd', 'over': '30d'},
            {'name': 'spot_load_count', 'count': 'spot', 'over': '30d'},
        ],
    ) }}

)

select
    origin_market_id,
    destination_market_id,
    equipment_type,
    {{ available_at('grid_at') }} as available_at,
    spot_rpm_p50_usd_30d,
    spot_load_count_30d
from windows
