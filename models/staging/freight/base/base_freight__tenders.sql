with

source as (

    select * from {{ source('freight', 'tenders') }}
    where {{ landing_dates('freight', 'tenders') }}

),

typed as (

    select
        cast(tender_id as string) as tender_id,
        cast(load_id as string) as load_id,
        cast(carrier_id as string) as carrier_id,
        cast(routing_guide_position as bigint) as routing_guide_position,
        cast(linehaul_usd as decimal(12, 2)) as linehaul_usd,
        cast(fuel_usd as decimal(12, 2)) as fuel_usd,
        cast(tendered_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['tender_id', 'load_id', 'carrier_id']) }} as fault
from typed
