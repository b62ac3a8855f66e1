with

-- When a flight was cancelled is not told; by its departure time everybody knew.
cancellations as (

    select
        load_id || '-cancellation' as load_change_id,
        load_id,
        'cancellation' as change_type,
        cast(null as timestamp) as pickup_appointment_at,
        cast(null as timestamp) as delivery_appointment_at,
        cast(null as decimal(12, 2)) as offered_linehaul_usd,
        departs_at as event_at,
        departs_at + interval '1' hour as known_at,
        landing_starts_at,
        landing_closes_at,
        unreadable
    from {{ ref('base_flights__legs') }}
    where is_cancelled

)

select
    *,
    {{ milepost.row_fault(keys=['load_change_id', 'load_id']) }} as fault
from cancellations
