with

typed as (

    select
        fuel_price_id,
        diesel_usd_per_gallon,
        priced_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'fuel_prices') }}

)

select
    *,
    {{ row_fault(keys=['fuel_price_id']) }} as fault
from typed
