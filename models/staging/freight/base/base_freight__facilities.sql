with

typed as (

    select
        facility_id,
        market_id,
        latitude,
        longitude,
        time_zone,
        appointment_policy,
        snapshot_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'facilities') }}

)

select
    *,
    {{ row_fault(keys=['facility_id'], finite=['latitude', 'longitude']) }} as fault
from typed
