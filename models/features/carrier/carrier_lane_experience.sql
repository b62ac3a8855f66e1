with

loads as (

    select
        carrier_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__hauled') }}

),

settlements as (

    select
        carrier_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        rpm_decimal_usd,
        known_at,
        superseded_at
    from {{ ref('int_loads__settled') }}
    where rpm_decimal_usd is not null

),

windows as (

    {{ trailing_features(
        keys=['carrier_id', 'origin_market_id', 'destination_market_id', 'equipment_type'],
        features=[
            {'name': 'load_count', 'count': 'loads', 'over': '180d'},
            {'name': 'last_load_at', 'newest_at': 'loads', 'newest_within': '365d'},
            {'name': 'settled_rpm_mean_usd', 'mean': 'settlements.rpm_decimal_usd', 'over': '180d'},
            {'name': 'settled_load_count', 'count': 'settlements', 'over': '180d'},
        ],
    ) }}

)

select * from windows
