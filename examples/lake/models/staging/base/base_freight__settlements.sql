with

typed as (

    select
        settlement_id,
        load_id,
        carrier_id,
        linehaul_usd,
        fuel_usd,
        accessorials_usd,
        settled_at as event_at,
        milepost__is_removed as is_deleted,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ milepost.raw_rows('freight', 'settlements') }}

)

select
    *,
    {{ milepost.row_fault(keys=['settlement_id', 'load_id', 'carrier_id']) }} as fault
from typed
