with

source as (

    select * from {{ source('freight', 'shippers') }}
    where {{ landing_dates('freight', 'shippers') }}

),

typed as (

    select
        cast(shipper_id as string) as shipper_id,
        cast(segment as string) as segment,
        cast(snapshot_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['shipper_id']) }} as fault
from typed
