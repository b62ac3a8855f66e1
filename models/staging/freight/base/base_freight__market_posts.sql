with

typed as (

    select
        market_post_id,
        market_id,
        equipment_type,
        load_post_count,
        truck_post_count,
        hour_ended_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'market_posts') }}

)

select
    *,
    {{ row_fault(keys=['market_post_id', 'market_id', 'equipment_type']) }} as fault
from typed
