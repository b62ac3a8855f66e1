-- What becomes of a covered load, up to its settlement and its claims.

create table trips as
with

started as (

    select
        bookings.load_id,
        bookings.day,
        bookings.load_key as key,
        bookings.carrier,
        bookings.linehaul_usd,
        loads.fuel_usd,
        loads.stop_count,
        loads.miles,
        loads.is_drop,
        loads.driving_minutes,
        loads.difficulty,
        loads.delivery_due_at,
        carriers.lateness + 0.3 * loads.tightness as late_logit,
        carriers.slow_report_share,
        carriers.tracked_share,
        destinations.dwell_minutes as delivery_dwell,
        destinations.has_appointments as delivery_has_appointments,
        greatest(
            later(bookings.booked_at, 45 + 60 * uniform(loads.key, 30)),
            later(
                loads.pickup_due_at,
                case
                    when uniform(loads.key, 31) < share(-2.2 + late_logit)
                        then least(1440, 45 * exp(normal(loads.key, 32)))
                    else -60 * uniform(loads.key, 34)
                end
            )
        ) as pickup_arrived_at,
        later(
            case
                when origins.has_appointments then greatest(pickup_arrived_at, loads.pickup_due_at)
                else pickup_arrived_at
            end,
            case
                when loads.is_drop then 20 + 20 * uniform(loads.key, 35)
                else least(720, greatest(
                    25, origins.dwell_minutes * exp(0.45 * normal(loads.key, 36))
                ))
            end
        ) as pickup_departed_at,
    from all_bookings as bookings
    inner join planned_loads as loads on bookings.load_id = loads.load_id
    inner join carriers on bookings.carrier = carriers.number
    inner join facilities as origins on loads.origin_facility = origins.number
    inner join facilities as destinations on loads.destination_facility = destinations.number
    where bookings.fell_off_at is null and loads.cancelled_at is null

),

-- Whoever is more than 90 minutes early waits on the way.
driven as (

    select
        *,
        later(
            pickup_departed_at,
            least(
                2 * driving_minutes + 1440,
                20
                + 90 * (stop_count - 2)
                + driving_minutes * (1 + difficulty) * exp(0.06 * normal(key, 38))
                + case
                    when uniform(key, 40) < share(-1.3 + late_logit)
                        then 150 * exp(normal(key, 41))
                    else 0
                end
            )
        ) as reached_at,
        case
            when reached_at < delivery_due_at - interval 90 minutes
                then later(delivery_due_at, -90 * uniform(key, 43))
            else reached_at
        end as delivery_arrived_at,
    from started

),

unloaded as (

    select
        *,
        later(
            case
                when delivery_has_appointments then greatest(delivery_arrived_at, delivery_due_at)
                else delivery_arrived_at
            end,
            case
                when is_drop then 20 + 20 * uniform(key, 44)
                else least(720, greatest(25, delivery_dwell * exp(0.45 * normal(key, 45))))
            end
        ) as delivery_departed_at,
    from driven

)

select
    * exclude (late_logit, reached_at, delivery_dwell, delivery_has_appointments),
    minutes_between(pickup_departed_at, delivery_arrived_at) as moving_minutes,
    later(delivery_departed_at, 10 * uniform(key, 47)) as delivered_at,
    later(delivered_at, 1440 * (3 + 27 * pow(uniform(key, 48), 1.5))) as settled_at,
    -- Detention beyond two free hours at 50 $/h, and sometimes a lumper.
    round(
        50 / 60.0 * (
            greatest(0, minutes_between(pickup_arrived_at, pickup_departed_at) - 120)
            + greatest(0, minutes_between(delivery_arrived_at, delivery_departed_at) - 120)
        )
        + case when uniform(key, 49) < 0.08 then 80 + 220 * uniform(key, 50) else 0 end,
        2
    )::decimal(12, 2) as accessorials_usd,
    case
        when uniform(key, 51) < 0.008
            then later(delivered_at, 1440 * (3 + 37 * uniform(key, 52)))
    end as claimed_at,
from unloaded;

-- Events by code; the code is the event's part of its id.
create table events as
with

stops as (

    select
        trips.*,
        stop,
        later(
            pickup_departed_at,
            (moving_minutes - 60 * (stop_count - 2)) * (stop - 1) / (stop_count - 1)
            + 60 * (stop - 2)
        ) as stop_arrived_at,
    from trips
    cross join lateral (select unnest(range(2, stop_count)) as stop) as between_stops

),

pings as (

    select
        trips.*,
        ping,
        1 + floor(miles / 600)::bigint as ping_count,
        later(
            pickup_departed_at, moving_minutes * (ping + uniform(key, 60 + ping)) / ping_count
        ) as seen_at,
    from trips
    cross join lateral (select unnest(range(1 + floor(miles / 600)::bigint)) as ping) as numbers
    where uniform(key, 53) < tracked_share

)

select
    load_id, day, load_key as key, carrier, 100 + attempt as code, 'booked' as event_type,
    null::varchar as stop_type, null::bigint as stop_sequence, booked_at as occurred_at,
from all_bookings
union all
select
    load_id, day, load_key, carrier, 110 + attempt, 'fell_off', null, null, fell_off_at,
from all_bookings
where fell_off_at is not null
union all
select load_id, day, key, carrier, 200, 'arrived', 'pickup', 1, pickup_arrived_at from trips
union all
select load_id, day, key, carrier, 201, 'departed', 'pickup', 1, pickup_departed_at from trips
union all
select load_id, day, key, carrier, 202, 'picked_up', 'pickup', 1, pickup_departed_at from trips
union all
select load_id, day, key, carrier, 300 + 2 * stop, 'arrived', 'stop', stop, stop_arrived_at,
from stops
union all
select
    load_id, day, key, carrier, 301 + 2 * stop, 'departed', 'stop', stop,
    later(stop_arrived_at, 30 + 25 * uniform(key, 54 + stop)),
from stops
union all
select
    load_id, day, key, carrier, 400, 'arrived', 'delivery', stop_count, delivery_arrived_at,
from trips
union all
select
    load_id, day, key, carrier, 401, 'departed', 'delivery', stop_count, delivery_departed_at,
from trips
union all
select load_id, day, key, carrier, 402, 'delivered', 'delivery', stop_count, delivered_at,
from trips
union all
select load_id, day, key, carrier, 500 + ping, 'tracking_ping', null, null, seen_at from pings;
