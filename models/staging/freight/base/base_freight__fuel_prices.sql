with

source as (

    select * from {{ source('freight', 'fuel_prices') }}
    where {{ landing_dates('freight', 'fuel_prices') }}

),

typed as (

    select
        cast(fuel_price_id as string) as fuel_price_id,
        cast(diesel_usd_per_gallon as decimal(6, 3)) as diesel_usd_per_gallon,
        cast(priced_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['fuel_price_id']) }} as fault
from typed
