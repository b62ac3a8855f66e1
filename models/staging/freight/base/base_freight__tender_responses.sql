with

typed as (

    select
        tender_response_id,
        tender_id,
        response,
        responded_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'tender_responses') }}

)

select
    *,
    {{ row_fault(keys=['tender_response_id', 'tender_id']) }} as fault
from typed
