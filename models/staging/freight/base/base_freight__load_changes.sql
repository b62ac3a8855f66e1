with

source as (

    select * from {{ source('freight', 'load_changes') }}
    where {{ landing_dates('freight', 'load_changes') }}

),

typed as (

    select
        cast(load_change_id as string) as load_change_id,
        cast(load_id as string) as load_id,
        cast(change_type as string) as change_type,
        cast(pickup_appointment_at as timestamp) as pickup_appointment_at,
        cast(delivery_appointment_at as timestamp) as delivery_appointment_at,
        cast(offered_linehaul_usd as decimal(12, 2)) as offered_linehaul_usd,
        cast(changed_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(
        keys=['load_change_id', 'load_id'],
        finite=['pickup_appointment_at', 'delivery_appointment_at'],
    ) }} as fault
from typed
