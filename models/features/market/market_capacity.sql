with

open_loads as (

    select
        origin_market_id as market_id,
        equipment_type,
        greatest(opens_at, closes_at - interval '48' hour) as opens_at,
        closes_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__open') }}
    where closes_at is not null

),

posts as (

    select
        market_id,
        equipment_type,
        truck_post_count,
        known_at,
        superseded_at
    from {{ ref('stg_freight__market_posts') }}

),

-- What ends a load's being open is found within `reference_days`: one posted before may be covered.
windows as (

    {{ trailing_features(
        keys=['market_id', 'equipment_type'],
        grid='hour',
        features=[
            {'name': 'open_loads', 'count': 'open_loads', 'open_within': var('reference_days') ~ 'd'},
            {'name': 'truck_posts', 'sum': 'posts.truck_post_count', 'over': '24h', 'decimals': 0},
        ],
    ) }}

)

select
    market_id,
    equipment_type,
    {{ available_at('grid_at') }} as available_at,
    open_loads as open_load_count_next_48h,
    cast(coalesce(truck_posts_24h, 0) as bigint) as truck_post_count_24h
from windows
