-- A flight with its instants in UTC, and when each of them was known: an hour later. It was put on
-- sale a day before its departure, or with its month's file.
with

flights as (

    select * from {{ milepost.raw_rows('flights', 'flights') }}

),

clocks as (

    select
        flights.*,
        make_date(flights.year, flights.month, flights.day) as local_date,
        origins.time_zone as origin_time_zone,
        destinations.time_zone as destination_time_zone
    from flights
    left join {{ ref('base_flights__airports') }} as origins on flights.origin = origins.airport
    left join {{ ref('base_flights__airports') }} as destinations
        on flights.dest = destinations.airport

),

scheduled as (

    select
        *,
        {{ utc_instant('local_date', 'sched_dep_time', 'origin_time_zone') }} as departs_at,
        {{ utc_instant(
            'local_date', 'sched_arr_time', 'destination_time_zone'
        ) }} as arrives_at_same_day
    from clocks

),

dated as (

    select
        *,
        -- Only the departure has a date: an arrival that would come first is the next day's.
        case
            when arrives_at_same_day > departs_at then arrives_at_same_day
            else {{ utc_instant('local_date + 1', 'sched_arr_time', 'destination_time_zone') }}
        end as arrives_at
    from scheduled

)

select
    concat_ws('-', local_date, carrier, flight, origin) as load_id,
    carrier as carrier_id,
    origin as origin_facility_id,
    dest as destination_facility_id,
    cast(distance as double) as miles,
    greatest(departs_at - interval '1' day, milepost__starts_at) as posted_at,
    departs_at,
    arrives_at,
    -- The delays are minutes from the schedule and carry the date that the clock readings lack.
    departs_at + interval '1' minute * dep_delay as departed_at,
    arrives_at + interval '1' minute * arr_delay as arrived_at,
    dep_time is null as is_cancelled,
    milepost__starts_at as landing_starts_at,
    milepost__closes_at as landing_closes_at,
    milepost__unreadable as unreadable
from dated
