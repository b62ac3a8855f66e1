with

typed as (

    select
        load_change_id,
        load_id,
        change_type,
        pickup_appointment_at,
        delivery_appointment_at,
        offered_linehaul_usd,
        changed_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'load_changes') }}

)

select
    *,
    {{ row_fault(
        keys=['load_change_id', 'load_id'],
        finite=['pickup_appointment_at', 'delivery_appointment_at'],
    ) }} as fault
from typed
