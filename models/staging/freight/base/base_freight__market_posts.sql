with

source as (

    select * from {{ source('freight', 'market_posts') }}
    where {{ landing_dates('freight', 'market_posts') }}

),

typed as (

    select
        cast(market_post_id as string) as market_post_id,
        cast(market_id as string) as market_id,
        cast(equipment_type as string) as equipment_type,
        cast(load_post_count as bigint) as load_post_count,
        cast(truck_post_count as bigint) as truck_post_count,
        cast(hour_ended_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['market_post_id', 'market_id', 'equipment_type']) }} as fault
from typed
