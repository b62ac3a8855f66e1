with

-- No market reaches further than half a day's drive, about 250 miles.
reachable as (

    select
        airports.airport,
        markets.market_id,
        {{ milepost.great_circle_miles(
            'airports.latitude', 'airports.longitude', 'markets.latitude', 'markets.longitude'
        ) }} as miles
    from {{ ref('base_flights__airports') }} as airports
    cross join {{ ref('freight_markets') }} as markets

),

nearest as (

    select
        airport,
        min_by(market_id, (miles, market_id)) as market_id
    from reachable
    where miles <= 250
    group by airport

),

-- As of the start of their month, so that every later fact finds them.
typed as (

    select
        airports.airport as facility_id,
        nearest.market_id,
        airports.latitude,
        airports.longitude,
        airports.time_zone,
        cast(null as string) as appointment_policy,
        airports.landing_starts_at as event_at,
        airports.landing_starts_at as known_at,
        airports.landing_starts_at,
        airports.landing_closes_at,
        cast(null as string) as unreadable
    from {{ ref('base_flights__airports') }} as airports
    left join nearest on airports.airport = nearest.airport

)

select
    *,
    {{ milepost.row_fault(keys=['facility_id'], finite=['latitude', 'longitude']) }} as fault
from typed
