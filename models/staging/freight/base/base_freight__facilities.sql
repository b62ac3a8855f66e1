with

source as (

    select * from {{ source('freight', 'facilities') }}
    where {{ landing_dates('freight', 'facilities') }}

),

typed as (

    select
        cast(facility_id as string) as facility_id,
        cast(market_id as string) as market_id,
        cast(latitude as double) as latitude,
        cast(longitude as double) as longitude,
        cast(time_zone as string) as time_zone,
        cast(appointment_policy as string) as appointment_policy,
        cast(snapshot_at as timestamp) as event_at,
        cast(landed_at as timestamp) as known_at,
        landing_date
    from source

)

select
    *,
    {{ row_fault(keys=['facility_id'], finite=['latitude', 'longitude']) }} as fault
from typed
