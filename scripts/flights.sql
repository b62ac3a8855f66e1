-- Flights as freight: fills the raw tables from `flights`, `airlines`, `airports` and
-- `freight_markets`. A table or column that is not filled here is one that the source lacks.
-- The mapping and its reasons are in docs/guides/bring-your-own-data.md.

-- A local clock reading (515 is 05:15, 2400 is the midnight that ends the day) as an instant.
create temp macro utc_instant(local_date, clock, time_zone) as
    timezone(
        'UTC',
        timezone(
            time_zone,
            cast(local_date as timestamp) + to_minutes(clock // 100 * 60 + clock % 100)
        )
    );

create temp macro great_circle_miles(latitude_1, longitude_1, latitude_2, longitude_2) as
    2 * 3958.8 * asin(sqrt(
        power(sin(radians(latitude_2 - latitude_1) / 2), 2)
        + cos(radians(latitude_1)) * cos(radians(latitude_2))
        * power(sin(radians(longitude_2 - longitude_1) / 2), 2)
    ));

-- The three declarations: the source says neither when a row reached anyone nor when a flight was
-- put on sale, and no market reaches further than half a day's drive (about 250 miles).
create temp macro landed(happened_at) as happened_at + interval 1 hour;
create temp macro posted(departs_at) as departs_at - interval 1 day;
create temp macro market_reach_miles() as 250;

create temp table places as
with

served as (

    select origin as airport from flights
    union
    select dest as airport from flights

),

-- Flown to, but not in `airports`: their zones are stated here, their places stay unknown.
unlisted (airport, time_zone) as (

    values
    ('BQN', 'America/Puerto_Rico'),
    ('PSE', 'America/Puerto_Rico'),
    ('SJU', 'America/Puerto_Rico'),
    ('STT', 'America/St_Thomas')

)

select
    served.airport,
    airports.lat as latitude,
    airports.lon as longitude,
    coalesce(airports.tzone, unlisted.time_zone) as time_zone
from served
left join airports on served.airport = airports.faa
left join unlisted on served.airport = unlisted.airport;

create temp table legs as
with

clocks as (

    select
        flights.*,
        make_date(flights.year, flights.month, flights.day) as local_date,
        origins.time_zone as origin_time_zone,
        destinations.time_zone as destination_time_zone
    from flights
    left join places as origins on flights.origin = origins.airport
    left join places as destinations on flights.dest = destinations.airport

),

scheduled as (

    select
        *,
        utc_instant(local_date, sched_dep_time, origin_time_zone) as departs_at,
        utc_instant(local_date, sched_arr_time, destination_time_zone) as arrives_at_same_day
    from clocks

),

dated as (

    select
        *,
        -- Only the departure has a date: an arrival that would come first is the next day's.
        case
            when arrives_at_same_day > departs_at then arrives_at_same_day
            else utc_instant(local_date + 1, sched_arr_time, destination_time_zone)
        end as arrives_at
    from scheduled

)

select
    concat_ws('-', local_date, carrier, flight, origin) as load_id,
    carrier as carrier_id,
    origin as origin_facility_id,
    dest as destination_facility_id,
    cast(distance as double) as miles,
    departs_at,
    arrives_at,
    -- The delays are minutes from the schedule and carry the date that the clock readings lack.
    departs_at + to_minutes(dep_delay) as departed_at,
    arrives_at + to_minutes(arr_delay) as arrived_at,
    dep_time is null as is_cancelled
from dated;

insert into loads by name
select
    load_id,
    origin_facility_id,
    destination_facility_id,
    'van' as equipment_type,
    miles,
    2 as stop_count,
    departs_at as pickup_appointment_at,
    arrives_at as delivery_appointment_at,
    posted(departs_at) as posted_at,
    landed(posted(departs_at)) as landed_at,
    true as is_landing_estimated
from legs;

-- When a flight was cancelled is not told; by its departure time everybody knew.
insert into load_changes by name
select
    load_id || '-cancellation' as load_change_id,
    load_id,
    'cancellation' as change_type,
    departs_at as changed_at,
    landed(departs_at) as landed_at,
    true as is_landing_estimated
from legs
where is_cancelled;

insert into load_events by name
with

kinds (event_type, stop_type, stop_sequence) as (

    values
    ('departed', 'pickup', 1),
    ('picked_up', 'pickup', 1),
    ('arrived', 'delivery', 2),
    ('delivered', 'delivery', 2)

),

happened as (

    select
        legs.load_id,
        legs.carrier_id,
        kinds.event_type,
        kinds.stop_type,
        kinds.stop_sequence,
        case kinds.stop_type
            when 'pickup' then legs.departed_at
            else legs.arrived_at
        end as occurred_at
    from legs
    cross join kinds

)

select
    load_id || '-' || event_type as load_event_id,
    *,
    landed(occurred_at) as landed_at,
    true as is_landing_estimated
from happened
where occurred_at is not null;

-- Snapshots stand from the day of the first posting, so that every later fact finds them.
create temp table snapshot as
select date_trunc('day', min(posted_at)) as snapshot_at
from loads;

insert into carriers by name
select
    airlines.carrier as carrier_id,
    airlines.name as carrier_name,
    snapshot.snapshot_at,
    landed(snapshot.snapshot_at) as landed_at,
    true as is_landing_estimated
from airlines
cross join snapshot;

insert into facilities by name
with

reachable as (

    select
        places.airport,
        freight_markets.market_id,
        great_circle_miles(
            places.latitude,
            places.longitude,
            freight_markets.latitude,
            freight_markets.longitude
        ) as miles
    from places
    cross join freight_markets

),

nearest as (

    select
        airport,
        arg_min(market_id, (miles, market_id)) as market_id
    from reachable
    where miles <= market_reach_miles()
    group by airport

)

select
    places.airport as facility_id,
    nearest.market_id,
    places.latitude,
    places.longitude,
    places.time_zone,
    snapshot.snapshot_at,
    landed(snapshot.snapshot_at) as landed_at,
    true as is_landing_estimated
from places
left join nearest on places.airport = nearest.airport
cross join snapshot;
