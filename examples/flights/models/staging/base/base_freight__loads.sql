with

typed as (

    select
        load_id,
        cast(null as string) as shipper_id,
        origin_facility_id,
        destination_facility_id,
        'van' as equipment_type,
        miles,
        cast(null as double) as weight_pounds,
        cast(2 as bigint) as stop_count,
        cast(null as boolean) as is_drop,
        cast(null as boolean) as is_spot,
        departs_at as pickup_appointment_at,
        arrives_at as delivery_appointment_at,
        posted_at as event_at,
        posted_at + interval '1' hour as known_at,
        landing_starts_at,
        landing_closes_at,
        unreadable
    from {{ ref('base_flights__legs') }}

)

select
    *,
    {{ milepost.row_fault(
        keys=['load_id', 'origin_facility_id', 'destination_facility_id', 'equipment_type'],
        finite=['miles', 'weight_pounds', 'pickup_appointment_at', 'delivery_appointment_at'],
    ) }} as fault
from typed
