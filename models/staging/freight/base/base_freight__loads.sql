with

source as (

    select * from {{ source('freight', 'loads') }}
    where {{ landing_dates('freight', 'loads') }}

),

typed as (

    select
        cast(load_id as string) as load_id,
        cast(shipper_id as string) as shipper_id,
        cast(origin_facility_id as string) as origin_facility_id,
        cast(destination_facility_id as string) as destination_facility_id,
        cast(equipment_type as string) as equipment_type,
        cast(miles as double) as miles,
        cast(weight_pounds as double) as weight_pounds,
        cast(stop_count as bigint) as stop_count,
        cast(is_drop as boolean) as is_drop,
        cast(is_spot as boolean) as is_spot,
        cast(pickup_appointment_at as timestamp) as pickup_appointment_at,
        cast(delivery_appointment_at as timestamp) as delivery_appointment_at,
        cast(posted_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(
        keys=['load_id', 'origin_facility_id', 'destination_facility_id', 'equipment_type'],
        finite=['miles', 'weight_pounds', 'pickup_appointment_at', 'delivery_appointment_at'],
    ) }} as fault
from typed
