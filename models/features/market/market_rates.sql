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

windows as (

    {{ trailing_features(
        keys=['market_id', 'equipment_type'],
        features=[
            {'name': 'spot_p50', 'p50': 'spot.rpm_usd', 'over': ['7d', '30d']},
            {'name': 'spot_load_count', 'count': 'spot', 'over': ['7d', '30d']},
            {'name': 'spot_carrier_count', 'distinct': 'spot.carrier_id', 'over': ['7d', '30d']},
        ],
    ) }}

)

select
    market_id,
    equipment_type,
    {{ available_at('grid_at') }} as available_at,
    case
        when
            spot_load_count_7d >= {{ var('rate_load_count_min') }}
            and spot_carrier_count_7d >= {{ var('rate_carrier_count_min') }}
            then spot_p50_7d
    end as spot_rpm_p50_usd_7d,
    spot_load_count_7d,
    spot_carrier_count_7d,
    case
        when
            spot_load_count_30d >= {{ var('rate_load_count_min') }}
            and spot_carrier_count_30d >= {{ var('rate_carrier_count_min') }}
            then spot_p50_30d
    end as spot_rpm_p50_usd_30d,
    spot_load_count_30d,
    spot_carrier_count_30d
from windows
