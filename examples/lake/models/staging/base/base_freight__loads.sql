with

source as (

    select * from {{ milepost.raw_rows('freight', 'loads') }}

),

typed as (

    select
        load_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        equipment_type,
        miles,
        weight_pounds,
        stop_count,
        is_drop,
        is_spot,
        pickup_appointment_at,
        delivery_appointment_at,
        op = 'd' as is_deleted,
        lsn,
        posted_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from source

)

select
    *,
    {{ milepost.row_fault(
        keys=['load_id', 'origin_facility_id', 'destination_facility_id', 'equipment_type', 'lsn'],
        finite=['miles', 'weight_pounds', 'pickup_appointment_at', 'delivery_appointment_at'],
    ) }} as fault
from typed
