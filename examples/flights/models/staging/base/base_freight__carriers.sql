with

-- As of the start of their month, so that every later fact finds them.
typed as (

    select
        carrier as carrier_id,
        name as carrier_name,
        cast(null as timestamp) as authority_granted_at,
        cast(null as bigint) as truck_count,
        cast(null as bigint) as inspection_count_24m,
        cast(null as bigint) as out_of_service_count_24m,
        cast(null as timestamp) as contact_changed_at,
        milepost__starts_at as event_at,
        milepost__starts_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ milepost.raw_rows('flights', 'airlines') }}

)

select
    *,
    {{ milepost.row_fault(keys=['carrier_id']) }} as fault
from typed
