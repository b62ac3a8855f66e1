-- The scale-free part: markets, how tight they are on each day, and the weeks.

set variable seed_key = hash(xor(hash(getvariable('seed')::bigint), 20260101::ubigint));
set variable first_sunday = getvariable('opening')
    + (7 - isodow(getvariable('opening')) % 7)::integer;
-- Loads created before this day have landed all they ever will before the first date asked for.
set variable first_day = greatest(
    getvariable('opening'), getvariable('first') - getvariable('longest_delay')
);

create table weeks as
select
    week,
    case
        when week = 0 then getvariable('opening')
        else getvariable('first_sunday') + (7 * (week - 1))::integer
    end as snapshot_date,
from range(0, weeks_before(getvariable('last') + 1) + 1) as all_weeks(week);

-- Who has entered: all of them, each with the snapshot that brings it.
create macro population(initial) as table
    select
        week,
        snapshot_date as entered_on,
        unnest(range(
            case when week = 0 then 0 else members(initial, week - 1) end,
            members(initial, week)
        )) as number
    from weeks;

create table equipment as
select
    equipment_type,
    (row_number() over (order by equipment_type))::bigint as equipment,
from read_csv(getvariable('seeds') || '/equipment_types.csv', all_varchar = true);

-- `pull` above 0 is a headhaul market: more freight out than in.
create table markets as
with

drawn as (

    select
        market_id,
        latitude::double as latitude,
        longitude::double as longitude,
        time_zone,
        child(hash(xor(getvariable('seed_key'), hash(market_id))), 5) as key,
        greatest(1, len(regexp_extract_all(zip3s, '\d+'))) as zip3_count,
    from read_csv(getvariable('seeds') || '/freight_markets.csv', all_varchar = true)

),

sized as (

    select
        (row_number() over (order by market_id))::bigint as market,
        *,
        normal(key, 1) as pull,
        -- Whole, so that its sums are exact.
        ceil(1000 * sqrt(zip3_count) * exp(0.8 * normal(key, 3)))::bigint as size,
        rank() over (order by size desc)
        <= ceil(count(*) over () * pow(getvariable('scale'), 0.6)) as is_served,
    from drawn

)

-- A small brokerage works in few markets: loads spread over all would leave no lane with a price.
select
    *,
    sum(size) filter (is_served) over (order by market_id)
    / sum(size) filter (is_served) over () as share_to,
    share_to - case when is_served then size else 0 end
    / sum(size) filter (is_served) over () as share_from,
from sized;

create table distances as
select
    origins.market as origin_market,
    destinations.market as destination_market,
    7918 * asin(sqrt(
        pow(sin(radians(destinations.latitude - origins.latitude) / 2), 2)
        + cos(radians(origins.latitude)) * cos(radians(destinations.latitude))
        * pow(sin(radians(destinations.longitude - origins.longitude) / 2), 2)
    )) as air_miles,
from markets as origins
cross join markets as destinations;

-- One key instead of three, because the planner joins on parts of three.
create macro market_day(market, equipment, day) as
    (market * 10 + equipment) * 100000 + day_number(day);

create table market_days as
with

days as (

    select (getvariable('first_day') + number::integer) as day,
    from range(0, getvariable('last') - getvariable('first_day') + 1) as all_days(number)

)

select
    market_day(market, equipment, day) as market_day,
    market,
    equipment_type,
    day,
    tightness_level(pull, latitude, equipment_type, day)
    + weekly_tightness(day)
    + 0.30 * drift(child(key, equipment), day_number(day), 10) as tightness,
    tightness_level(pull, latitude, equipment_type, day - 90) as tightness_90_days_before,
from markets
cross join equipment
cross join days;
