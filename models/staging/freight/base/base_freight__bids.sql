with

source as (

    select * from {{ source('freight', 'bids') }}
    where {{ landing_dates('freight', 'bids') }}

),

typed as (

    select
        cast(bid_id as string) as bid_id,
        cast(load_id as string) as load_id,
        cast(carrier_id as string) as carrier_id,
        cast(linehaul_usd as decimal(12, 2)) as linehaul_usd,
        cast(bid_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['bid_id', 'load_id', 'carrier_id']) }} as fault
from typed
