with

typed as (

    select
        shipper_id,
        segment,
        snapshot_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'shippers') }}

)

select
    *,
    {{ row_fault(keys=['shipper_id']) }} as fault
from typed
