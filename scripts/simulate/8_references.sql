-- What does not follow from loads: snapshots of who takes part, market posts, fuel prices.
-- A snapshot holds those that are new or changed since the week before.

create macro landed_snapshot(snapshot_date, key) as
    later(snapshot_date::timestamp, 10 + 20 * uniform(key, 920));

create table landed_carriers as
with

weekly as (

    select
        carriers.*,
        weeks.snapshot_date,
        child(child(carriers.key, 8000), weeks.week) as week_key,
        weeks.week = carriers.week as is_new,
        not is_new and uniform(week_key, 0) < 0.010 as has_new_trucks,
        not is_new and uniform(week_key, 1) < 0.030 as has_inspection,
        has_inspection and uniform(week_key, 2) < 0.21 as is_out_of_service,
        not is_new and uniform(week_key, 3) < 0.004 as has_new_contact,
    from carriers
    inner join weeks on carriers.week <= weeks.week

),

counted as (

    select
        *,
        greatest(1, truck_count + sum(case
            when not has_new_trucks then 0
            when uniform(week_key, 4) < 0.6 then 1 + floor(0.1 * truck_count)
            else -1
        end::bigint) over weeks_until_now)::bigint as trucks_now,
        floor(truck_count * 0.6 * uniform(key, 20))::bigint
        + sum(has_inspection::bigint) over weeks_until_now as inspections_now,
        floor(truck_count * 0.6 * uniform(key, 20) * 0.3 * uniform(key, 21))::bigint
        + sum(is_out_of_service::bigint) over weeks_until_now as out_of_service_now,
        max(case
            when has_new_contact
                then later(snapshot_date::timestamp, -10080 * uniform(week_key, 5))
            when is_new and uniform(key, 22) < 0.3
                then later(snapshot_date::timestamp, -1440 * 400 * uniform(key, 23))
        end) over weeks_until_now as contact_changed_at,
    from weekly
    window weeks_until_now as (partition by carrier_id order by snapshot_date)

)

select
    carrier_id,
    list_extract(
        ['Alder', 'Bison', 'Cedar', 'Delta', 'Ember', 'Falcon', 'Granite', 'Harbor'],
        1 + floor(8 * uniform(key, 24))::bigint
    )
    || ' '
    || list_extract(
        ['Carriers', 'Freight', 'Lines', 'Logistics', 'Transport', 'Trucking'],
        1 + floor(6 * uniform(key, 25))::bigint
    )
    || ' ' || number as carrier_name,
    later(
        date_trunc('day', entered_on)::timestamp,
        -1440 * floor(case
            when week > 0 then 10 + 60 * uniform(key, 26) else 60 + 7000 * uniform(key, 26)
        end)
    ) as authority_granted_at,
    trucks_now as truck_count,
    inspections_now::bigint as inspection_count_24m,
    out_of_service_now::bigint as out_of_service_count_24m,
    contact_changed_at,
    snapshot_date::timestamp as snapshot_at,
    landed_snapshot(snapshot_date, week_key) as landed_at,
    snapshot_date as day,
from counted
where is_new or has_new_trucks or has_inspection or has_new_contact;

create table landed_shippers as
with weekly as (

    select
        shippers.*,
        weeks.snapshot_date,
        child(child(shippers.key, 8000), weeks.week) as week_key,
        weeks.week = shippers.week as is_new,
        uniform(week_key, 0) < 0.002 as has_moved,
        max(case when not is_new and has_moved then weeks.snapshot_date end) over (
            partition by shippers.number order by weeks.week
        ) as moved_on,
    from shippers
    inner join weeks on shippers.week <= weeks.week

)

select
    shipper_id,
    case
        when moved_on is null then segment
        else list_extract(
            ['retail', 'food', 'industrial', 'paper'],
            1 + floor(4 * uniform(key, day_number(moved_on)))::bigint
        )
    end as segment,
    snapshot_date::timestamp as snapshot_at,
    landed_snapshot(snapshot_date, week_key) as landed_at,
    snapshot_date as day,
from weekly
where is_new or has_moved;

create table landed_facilities as
with weekly as (

    select
        facilities.*,
        weeks.snapshot_date,
        child(child(facilities.key, 8000), weeks.week) as week_key,
        weeks.week = facilities.week as is_new,
        not is_new and uniform(week_key, 0) < 0.002 as has_changed,
        sum(has_changed::bigint) over (
            partition by facilities.number order by weeks.week
        ) as change_count,
    from facilities
    inner join weeks on facilities.week <= weeks.week

)

select
    facility_id,
    market_id,
    latitude,
    longitude,
    time_zone,
    case
        when has_appointments = (change_count % 2 = 0) then 'appointment' else 'first_come'
    end as appointment_policy,
    snapshot_date::timestamp as snapshot_at,
    landed_snapshot(snapshot_date, week_key) as landed_at,
    snapshot_date as day,
from weekly
where is_new or has_changed;

-- Four hours a day, in the biggest markets; fewer markets where the marketplace is smaller.
create table landed_market_posts as
with

counted as (

    select
        markets.market_id,
        market_days.equipment_type,
        market_days.day,
        posted_hour,
        child(
            child(child(markets.key, equipment.equipment), day_number(market_days.day)), posted_hour
        ) as key,
        to_utc(
            market_days.day + to_hours(posted_hour), markets.time_zone
        ) as hour_ended_at,
        0.03
        * markets.size
        * case market_days.equipment_type when 'van' then 1.0 when 'reefer' then 0.4 else 0.35 end
        * case when isodow(market_days.day) > 5 then 0.3 else 1.0 end as usual_count,
        market_days.tightness,
    from market_days
    inner join markets on market_days.market = markets.market
    inner join equipment on market_days.equipment_type = equipment.equipment_type
    cross join (select unnest([7, 11, 15, 19]) as posted_hour) as hours
    where markets.is_served

),

versioned as (

    select *, unnest(versions(key, false)) as version,
    from counted

)

select
    strftime(hour_ended_at, 'P%y%m%d%H-') || market_id || '-' || equipment_type as market_post_id,
    market_id,
    equipment_type,
    round(usual_count * exp(0.6 * tightness) * (0.8 + 0.4 * uniform(key, 1)))::bigint
        as load_post_count,
    round(1.5 * usual_count * exp(-0.6 * tightness) * (0.8 + 0.4 * uniform(key, 2)))::bigint
        as truck_post_count,
    hour_ended_at,
    landed(hour_ended_at, 2 + 18 * uniform(key, 903), version, key) as landed_at,
    day,
from versioned;

-- The opening brings the price of the Monday before it.
create table landed_fuel_prices as
with weekly as (

    select
        week,
        date '1970-01-05' + (7 * week)::integer as priced_on,
    from range(
        (day_number(getvariable('opening')) - 1) // 7, day_number(getvariable('last')) // 7 + 1
    ) as all_weeks(week)

)

select
    strftime(priced_on, 'diesel-%Y%m%d') as fuel_price_id,
    diesel_price(week) as diesel_usd_per_gallon,
    priced_on::timestamp as priced_at,
    case
        when priced_on < getvariable('opening')
            then getvariable('opening')::timestamp + interval 5 minutes
        else priced_on::timestamp + interval 22 hours
    end as landed_at,
    priced_on as day,
from weekly;
