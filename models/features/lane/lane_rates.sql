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

{%- set enough_spot = {
    'spot_load_count': var('rate_load_count_min'),
    'spot_carrier_count': var('rate_carrier_count_min'),
} %}
{%- set enough_contract = {
    'contract_load_count': var('rate_load_count_min'),
    'contract_carrier_count': var('rate_carrier_count_min'),
} %}

windows as (

    {{ trailing_features(
        keys=['origin_market_id', 'destination_market_id', 'equipment_type'],
        features=[
            {'name': 'spot_rpm_p50_usd', 'p50': 'spot.rpm_usd', 'over': ['7d', '28d', '30d'], 'at_least': enough_spot},
            {'name': 'spot_rpm_p50_usd', 'p50': 'spot.rpm_usd', 'over': '28d', 'set_back': '364d', 'at_least': enough_spot},
            {'name': 'spot_rpm_p25_usd', 'p25': 'spot.rpm_usd', 'over': '30d', 'at_least': enough_spot},
            {'name': 'spot_rpm_p75_usd', 'p75': 'spot.rpm_usd', 'over': '30d', 'at_least': enough_spot},
            {'name': 'spot_load_count', 'count': 'spot', 'over': ['7d', '28d', '30d']},
            {'name': 'spot_load_count', 'count': 'spot', 'over': '28d', 'set_back': '364d'},
            {'name': 'spot_carrier_count', 'distinct': 'spot.carrier_id', 'over': ['7d', '28d', '30d']},
            {'name': 'spot_carrier_count', 'distinct': 'spot.carrier_id', 'over': '28d', 'set_back': '364d'},
            {'name': 'contract_rpm_p50_usd', 'p50': 'contract.rpm_usd', 'over': ['30d', '90d'], 'at_least': enough_contract},
            {'name': 'contract_load_count', 'count': 'contract', 'over': ['30d', '90d']},
            {'name': 'contract_carrier_count', 'distinct': 'contract.carrier_id', 'over': ['30d', '90d']},
        ],
    ) }}

)

-- What a rate of too few loads or carriers is made of is null as well.
select
    {{ all_but([
        'spot_rpm_p25_usd_30d',
        'spot_rpm_p75_usd_30d',
        'spot_rpm_p50_usd_28d',
        'spot_rpm_p50_usd_28d_before_364d',
        'contract_rpm_p50_usd_30d',
    ]) }},
    spot_rpm_p75_usd_30d - spot_rpm_p25_usd_30d as spot_rpm_interquartile_range_usd_30d,
    spot_rpm_p50_usd_30d is not null as has_enough_spot_loads_30d,
    spot_rpm_p50_usd_30d - contract_rpm_p50_usd_30d as spot_minus_contract_rpm_p50_usd_30d,
    spot_rpm_p50_usd_7d / nullif(spot_rpm_p50_usd_28d, 0) as spot_rpm_p50_ratio_7d_to_28d,
    spot_rpm_p50_usd_28d
    / nullif(spot_rpm_p50_usd_28d_before_364d, 0) as spot_rpm_p50_ratio_28d_to_28d_before_364d
from windows
