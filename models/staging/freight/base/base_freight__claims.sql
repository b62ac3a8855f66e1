with

source as (

    select * from {{ source('freight', 'claims') }}
    where {{ landing_dates('freight', 'claims') }}

),

typed as (

    select
        cast(claim_id as string) as claim_id,
        cast(load_id as string) as load_id,
        cast(claim_type as string) as claim_type,
        cast(amount_usd as decimal(12, 2)) as amount_usd,
        cast(claimed_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['claim_id', 'load_id']) }} as fault
from typed
