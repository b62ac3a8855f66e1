with

settled as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        is_spot,
        carrier_id,
        rpm_usd,
        known_at,
        superseded_at
    from {{ ref('int_loads__settled') }}
    where rpm_usd is not null

),

spot as (

    select * from settled
    where is_spot

),

contract as (

    select * from settled
    where not is_spot

),

windows as (

    {{ trailing_features(
        keys=['origin_market_id', 'destination_market_id', 'equipment_type'],
        features=[
            {'name': 'spot_p50', 'p50': 'spot.rpm_usd', 'over': ['7d', '28d', '30d']},
            {'name': 'spot_p50', 'p50': 'spot.rpm_usd', 'over': '28d', 'set_back': '364d'},
            {'name': 'spot_p25', 'p25': 'spot.rpm_usd', 'over': '30d'},
            {'name': 'spot_p75', 'p75': 'spot.rpm_usd', 'over': '30d'},
            {'name': 'spot_load_count', 'count': 'spot', 'over': ['7d', '28d', '30d']},
            {'name': 'spot_load_count', 'count': 'spot', 'over': '28d', 'set_back': '364d'},
            {'name': 'spot_carrier_count', 'distinct': 'spot.carrier_id', 'over': ['7d', '28d', '30d']},
            {'name': 'spot_carrier_count', 'distinct': 'spot.carrier_id', 'over': '28d', 'set_back': '364d'},
            {'name': 'contract_p50', 'p50': 'contract.rpm_usd', 'over': ['30d', '90d']},
            {'name': 'contract_load_count', 'count': 'contract', 'over': ['30d', '90d']},
            {'name': 'contract_carrier_count', 'distinct': 'contract.carrier_id', 'over': ['30d', '90d']},
        ],
    ) }}

),

-- A rate of too few loads or carriers is null, and so is what is computed from it.
rates as (

    select
        {%- for loads, quantile, window in [
            ('spot', 'p50', '7d'),
            ('spot', 'p50', '28d'),
            ('spot', 'p50', '28d_before_364d'),
            ('spot', 'p25', '30d'),
            ('spot', 'p50', '30d'),
            ('spot', 'p75', '30d'),
            ('contract', 'p50', '30d'),
            ('contract', 'p50', '90d'),
        ] %}
        case
            when
                {{ loads }}_load_count_{{ window }} >= {{ var('rate_load_count_min') }}
                and {{ loads }}_carrier_count_{{ window }} >= {{ var('rate_carrier_count_min') }}
                then {{ loads }}_{{ quantile }}_{{ window }}
        end as {{ loads }}_rpm_{{ quantile }}_usd_{{ window }},
        {%- endfor %}
        *
    from windows

)

select
    origin_market_id,
    destination_market_id,
    equipment_type,
    {{ available_at('grid_at') }} as available_at,
    spot_rpm_p50_usd_7d,
    spot_load_count_7d,
    spot_carrier_count_7d,
    spot_rpm_p50_usd_30d,
    spot_rpm_p75_usd_30d - spot_rpm_p25_usd_30d as spot_rpm_interquartile_range_usd_30d,
    spot_rpm_p50_usd_30d is not null as has_enough_spot_loads_30d,
    spot_load_count_30d,
    spot_carrier_count_30d,
    contract_rpm_p50_usd_90d,
    contract_load_count_90d,
    contract_carrier_count_90d,
    spot_rpm_p50_usd_30d - contract_rpm_p50_usd_30d as spot_minus_contract_rpm_p50_usd_30d,
    contract_load_count_30d,
    contract_carrier_count_30d,
    spot_rpm_p50_usd_7d / nullif(spot_rpm_p50_usd_28d, 0) as spot_rpm_p50_ratio_7d_to_28d,
    spot_load_count_28d,
    spot_carrier_count_28d,
    spot_rpm_p50_usd_28d
    / nullif(spot_rpm_p50_usd_28d_before_364d, 0) as spot_rpm_p50_ratio_28d_to_28d_before_364d,
    spot_load_count_28d_before_364d,
    spot_carrier_count_28d_before_364d
from rates
