with

source as (

    select * from {{ source('freight', 'settlements') }}
    where {{ landing_dates('freight', 'settlements') }}

),

typed as (

    select
        cast(settlement_id as string) as settlement_id,
        cast(load_id as string) as load_id,
        cast(carrier_id as string) as carrier_id,
        cast(linehaul_usd as decimal(12, 2)) as linehaul_usd,
        cast(fuel_usd as decimal(12, 2)) as fuel_usd,
        cast(accessorials_usd as decimal(12, 2)) as accessorials_usd,
        cast(settled_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['settlement_id', 'load_id', 'carrier_id']) }} as fault
from typed
