with

source as (

    select * from {{ source('freight', 'carriers') }}
    where {{ landing_dates('freight', 'carriers') }}

),

typed as (

    select
        cast(carrier_id as string) as carrier_id,
        cast(carrier_name as string) as carrier_name,
        cast(authority_granted_at as timestamp) as authority_granted_at,
        cast(truck_count as bigint) as truck_count,
        cast(inspection_count_24m as bigint) as inspection_count_24m,
        cast(out_of_service_count_24m as bigint) as out_of_service_count_24m,
        cast(contact_changed_at as timestamp) as contact_changed_at,
        cast(snapshot_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(
        keys=['carrier_id'], finite=['authority_granted_at', 'contact_changed_at']
    ) }} as fault
from typed
