with

deliveries as (

    select
        carrier_id,
        is_on_time,
        known_at,
        superseded_at
    from {{ ref('int_loads__delivered') }}
    where is_on_time is not null

),

windows as (

    {{ trailing_features(
        keys=['carrier_id'],
        features=[
            {'name': 'on_time_delivery_rate', 'rate': 'deliveries.is_on_time', 'over': ['28d', '90d']},
            {'name': 'delivery_count', 'count': 'deliveries', 'over': ['28d', '90d']},
        ],
    ) }}

)

select
    carrier_id,
    {{ available_at('grid_at') }} as available_at,
    on_time_delivery_rate_28d,
    delivery_count_28d,
    on_time_delivery_rate_90d,
    delivery_count_90d
from windows
