with

source as (

    select * from {{ milepost.raw_rows('freight', 'carriers') }}

),

typed as (

    select
        carrier_id,
        carrier_name,
        authority_granted_at,
        truck_count,
        inspection_count_24m,
        out_of_service_count_24m,
        contact_changed_at,
        snapshot_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from source

)

select
    *,
    {{ milepost.row_fault(
        keys=['carrier_id'], finite=['authority_granted_at', 'contact_changed_at']
    ) }} as fault
from typed
