-- What shippers want: a load of a day is a function of the day and its number alone.

create table planned_loads as
with

days as (

    select
        getvariable('first_day') + number::integer as day,
        child(child(getvariable('seed_key'), 4), day_number(day)) as key,
        round(
            1369.9
            * getvariable('scale')
            * list_extract([1.16, 1.18, 1.17, 1.16, 1.10, 0.66, 0.57], isodow(day)::bigint)
            * (0.98 + 0.10 * near(day, 300, 40))
            * (0.92 + 0.16 * uniform(key, 0))
        )::bigint as load_count,
        members(getvariable('shipper_count'), weeks_before(day)) as shipper_count,
        -- Known by the day: the price of a Monday lands on its evening.
        diesel_price((day_number(day) - 1) // 7)::double as diesel,
    from range(0, getvariable('last') - getvariable('first_day') + 1) as all_days(number)

),

numbered as (

    select
        day,
        load_number,
        child(days.key, load_number) as key,
        -- The first shippers are the biggest.
        floor(
            shipper_count * pow(uniform(child(days.key, load_number), 1), 1.7)
        )::bigint as shipper,
        diesel,
    from days
    cross join lateral (select unnest(range(greatest(3, load_count))) as load_number) as numbers

),

drawn as (

    select
        numbered.*,
        shippers.shipper_id,
        shippers.lead_days as usual_lead_days,
        shippers.reschedule_share,
        shippers.cancellation_share,
        uniform(numbered.key, 2) > shippers.contract_share as is_spot,
        floor(
            shippers.lane_count
            * pow(uniform(numbered.key, 3), case when is_spot then 1.0 else 1.6 end)
        )::bigint as lane,
    from numbered
    inner join shippers on numbered.shipper = shippers.number

),

-- Posted in office hours, picked up in business hours, local at the origin.
posted as (

    select
        drawn.* exclude (lane),
        lanes.* exclude (shipper, lane, entered_on, key),
        origins.time_zone as origin_time_zone,
        destinations.time_zone as destination_time_zone,
        day + to_seconds(
            round(3600 * (6 + 6 * (uniform(drawn.key, 4) + uniform(drawn.key, 5))))
        ) as posted_local_at,
        case
            when is_spot then floor(2.5 * uniform(drawn.key, 6))
            else least(8, floor(usual_lead_days * (0.4 + 1.2 * uniform(drawn.key, 6))))
        end::integer as lead_days,
        day + lead_days + to_minutes(360 + 30 * floor(24 * uniform(drawn.key, 7))::bigint)
            as wanted_local_at,
        case
            when wanted_local_at < posted_local_at + interval 4 hours
                then wanted_local_at + interval 1 day
            else wanted_local_at
        end as pickup_local_at,
    from drawn
    inner join shipper_lanes as lanes
        on drawn.shipper = lanes.shipper and drawn.lane = lanes.lane
    inner join facilities as origins on lanes.origin_facility = origins.number
    inner join facilities as destinations on lanes.destination_facility = destinations.number

),

-- 50 miles an hour, and ten hours of rest after every eleven of driving.
timed as (

    select
        * exclude (wanted_local_at, lead_days, usual_lead_days),
        to_utc(posted_local_at, origin_time_zone) as posted_at,
        to_utc(pickup_local_at, origin_time_zone) as first_pickup_at,
        1.2 * miles + 600 * floor(1.2 * miles / 660) as driving_minutes,
        -- An appointment moves by whole days; one load in five that moves does so by two.
        case
            when uniform(key, 10) >= reschedule_share then 0
            when uniform(key, 11) < 0.8 then 1
            else 2
        end as days_moved,
    from posted

),

reachable as (

    select
        *,
        minutes_between(posted_at, first_pickup_at) as lead_minutes,
        to_local(
            later(first_pickup_at, 120 + 1.1 * driving_minutes + 240 * uniform(key, 8)),
            destination_time_zone
        ) as reachable_local_at,
    from timed

),

due as (

    select
        *,
        case
            when hour(reachable_local_at) between 6 and 17
                then time_bucket(interval 30 minutes, reachable_local_at + interval 30 minutes)
            else
                date_trunc('day', reachable_local_at + interval 6 hours)
                + to_minutes(420 + 30 * floor(6 * uniform(key, 9))::bigint)
        end as delivery_local_at,
        case
            when uniform(key, 14) < cancellation_share and lead_minutes > 240
                then later(
                    posted_at, 10 + (lead_minutes - 160) * pow(uniform(key, 15), 0.7)
                )
        end as cancelled_at,
    from reachable

),

appointed as (

    select
        *,
        to_utc(delivery_local_at, destination_time_zone) as first_delivery_at,
        market_day(origin_market, equipment, day) as origin_day,
        market_day(destination_market, equipment, day) as destination_day,
    from due

)

select
    loads.* exclude (posted_local_at, reachable_local_at, origin_day, destination_day),
    strftime(loads.day, 'L%y%m%d-') || lpad(load_number::varchar, 5, '0') as load_id,
    round(12000 + 32000 * uniform(key, 16)) as weight_pounds,
    case
        when uniform(key, 17) < 0.85 then 2
        when uniform(key, 17) < 0.97 then 3
        else 4
    end::bigint as stop_count,
    case
        when days_moved > 0
            then later(posted_at, 5 + (lead_minutes - 10) * 0.9 * uniform(key, 12))
    end as moved_at,
    case
        when days_moved = 0 then first_pickup_at
        else to_utc(pickup_local_at + to_days(days_moved), origin_time_zone)
    end as pickup_due_at,
    case
        when days_moved = 0 then first_delivery_at
        else to_utc(delivery_local_at + to_days(days_moved), destination_time_zone)
    end as delivery_due_at,
    origin_days.tightness,
    -- Dollars a mile for the whole market now, and as contracts have it.
    case loads.equipment_type when 'reefer' then 2.05 when 'flatbed' then 2.20 else 1.70 end
    * (1 + 150 / (miles + 100))
    * exp(0.20 * origin_days.tightness - 0.08 * destination_days.tightness)
    * (1 + 0.08 * (diesel - 3.70)) as spot_rpm,
    case loads.equipment_type when 'reefer' then 2.05 when 'flatbed' then 2.20 else 1.70 end
    * (1 + 150 / (miles + 100))
    * exp(
        0.20 * origin_days.tightness_90_days_before
        - 0.08 * destination_days.tightness_90_days_before
    )
    * 1.03 * negotiated as contract_rpm,
    round(greatest(0, diesel - 1.25) / 6 * miles, 2)::decimal(12, 2) as fuel_usd,
from appointed as loads
inner join market_days as origin_days on loads.origin_day = origin_days.market_day
inner join market_days as destination_days on loads.destination_day = destination_days.market_day;
