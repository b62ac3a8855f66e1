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
            {'name': 'open_load_count_next_48h', 'count': 'open_loads', 'open_within': var('reference_days') ~ 'd'},
            {'name': 'truck_post_count', 'total': 'posts.truck_post_count', 'over': '24h'},
        ],
    ) }}

)

select * from windows
