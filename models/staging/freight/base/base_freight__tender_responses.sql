with

source as (

    select * from {{ source('freight', 'tender_responses') }}
    where {{ landing_dates('freight', 'tender_responses') }}

),

typed as (

    select
        cast(tender_response_id as string) as tender_response_id,
        cast(tender_id as string) as tender_id,
        cast(response as string) as response,
        cast(responded_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['tender_response_id', 'tender_id']) }} as fault
from typed
