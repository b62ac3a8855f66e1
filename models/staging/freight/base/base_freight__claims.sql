with

typed as (

    select
        claim_id,
        load_id,
        claim_type,
        amount_usd,
        claimed_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'claims') }}

)

select
    *,
    {{ row_fault(keys=['claim_id', 'load_id']) }} as fault
from typed
