with

typed as (

    select
        tender_id,
        load_id,
        carrier_id,
        routing_guide_position,
        linehaul_usd,
        fuel_usd,
        tendered_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'tenders') }}

)

select
    *,
    {{ row_fault(keys=['tender_id', 'load_id', 'carrier_id']) }} as fault
from typed
