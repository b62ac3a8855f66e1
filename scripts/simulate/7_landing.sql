-- When each row reaches the raw log. `day`, the day of the load, is kept to prove `longest_delay`.
-- A shipper's cancellation ends everything that had not happened yet.

-- 0 as it was, 1 delivered twice, 2 corrected later.
create macro versions(key, is_correctable) as
    case
        when uniform(key, 901) < 0.005 then [0, 1]
        when is_correctable and uniform(key, 901) < 0.007 then [0, 2]
        else [0]
    end;

create macro landed(instant, minutes, version, key) as
    later(
        instant,
        minutes + case version
            when 1 then 1 + 4300 * uniform(key, 902)
            when 2 then 60 + 14300 * pow(uniform(key, 902), 2)
            else 0
        end
    );

create macro within_minutes(key) as 0.1 + 3 * uniform(key, 903);

create table landed_loads as
with versioned as (

    select *, unnest(versions(key, false)) as version,
    from planned_loads

)

select
    versioned.load_id,
    versioned.shipper_id,
    origins.facility_id as origin_facility_id,
    destinations.facility_id as destination_facility_id,
    versioned.equipment_type,
    versioned.miles,
    case when uniform(versioned.key, 22) >= 0.02 then versioned.weight_pounds end as weight_pounds,
    versioned.stop_count,
    versioned.is_drop,
    versioned.is_spot,
    versioned.first_pickup_at as pickup_appointment_at,
    versioned.first_delivery_at as delivery_appointment_at,
    versioned.posted_at,
    landed(posted_at, within_minutes(versioned.key), version, versioned.key) as landed_at,
    versioned.day,
from versioned
inner join facilities as origins on versioned.origin_facility = origins.number
inner join facilities as destinations on versioned.destination_facility = destinations.number;

create table landed_load_changes as
with

changes as (

    select
        load_id, day, child(key, 4001) as key, '-m' as code, 'appointment' as change_type,
        pickup_due_at as pickup_appointment_at, delivery_due_at as delivery_appointment_at,
        null::decimal(12, 2) as offered_linehaul_usd, moved_at as changed_at,
    from planned_loads
    where moved_at < coalesce(cancelled_at, 'infinity')
    union all
    select
        load_id, day, child(key, 4002), '-c', 'cancellation', null, null, null, cancelled_at,
    from planned_loads
    where cancelled_at is not null
    union all
    select
        reprices.load_id, reprices.day, child(reprices.key, 4003), '-r', 'reprice', null, null,
        reprices.offered_linehaul_usd, reprices.changed_at,
    from reprices
    inner join planned_loads as loads on reprices.load_id = loads.load_id
    where reprices.changed_at < coalesce(loads.cancelled_at, 'infinity')

),

versioned as (

    select *, unnest(versions(key, false)) as version,
    from changes

)

select
    load_id || code as load_change_id,
    load_id,
    change_type,
    pickup_appointment_at,
    delivery_appointment_at,
    offered_linehaul_usd,
    changed_at,
    landed(changed_at, within_minutes(key), version, key) as landed_at,
    day,
from versioned;

create table landed_tenders as
with versioned as (

    select tenders.*, unnest(versions(child(tenders.key, 1), false)) as version,
    from tender_waterfall as tenders
    inner join planned_loads as loads on tenders.load_id = loads.load_id
    where tenders.tendered_at < coalesce(loads.cancelled_at, 'infinity')

)

select
    versioned.load_id || '-t' || position as tender_id,
    versioned.load_id,
    carriers.carrier_id,
    versioned.position as routing_guide_position,
    versioned.linehaul_usd,
    versioned.fuel_usd,
    versioned.tendered_at,
    landed(
        tendered_at, within_minutes(versioned.key), version, child(versioned.key, 1)
    ) as landed_at,
    versioned.day,
from versioned
inner join carriers on versioned.carrier = carriers.number;

create table landed_tender_responses as
with versioned as (

    select tenders.*, unnest(versions(tenders.key, true)) as version,
    from tender_waterfall as tenders
    inner join planned_loads as loads on tenders.load_id = loads.load_id
    where tenders.responded_at < coalesce(loads.cancelled_at, 'infinity')

)

select
    load_id || '-t' || position || 'r' as tender_response_id,
    load_id || '-t' || position as tender_id,
    response,
    -- A correction says that the answer came earlier, by up to half the time that it took.
    case
        when version = 2
            then later(responded_at, -greatest(0.05, answer_minutes * 0.5 * uniform(key, 904)))
        else responded_at
    end as responded_at,
    landed(tender_response_rows.responded_at, within_minutes(key), version, key) as landed_at,
    day,
from versioned as tender_response_rows;

create table landed_bids as
with versioned as (

    select bids.*, unnest(versions(bids.key, false)) as version,
    from all_bids as bids
    inner join planned_loads as loads on bids.load_id = loads.load_id
    where bids.bid_at < coalesce(loads.cancelled_at, 'infinity')

)

select
    versioned.load_id || '-b' || attempt || bid as bid_id,
    versioned.load_id,
    carriers.carrier_id,
    versioned.linehaul_usd,
    versioned.bid_at,
    landed(bid_at, within_minutes(versioned.key), version, versioned.key) as landed_at,
    versioned.day,
from versioned
inner join carriers on versioned.carrier = carriers.number;

-- Most carriers report at once, a few hours late, a tail after days; proof of delivery is paper.
create table landed_load_events as
with

keyed as (

    select
        events.* replace (child(events.key, 5000 + events.code) as key),
        carriers.carrier_id,
        carriers.slow_report_share,
    from events
    inner join carriers on events.carrier = carriers.number
    inner join planned_loads as loads on events.load_id = loads.load_id
    where events.occurred_at < coalesce(loads.cancelled_at, 'infinity')

),

versioned as (

    select
        *,
        unnest(versions(key, code between 200 and 499)) as version,
        case
            when event_type in ('booked', 'fell_off') then within_minutes(key)
            when event_type = 'tracking_ping' then 1 + 11 * uniform(key, 903)
            when event_type = 'delivered'
                then least(5760, 60 + 240 * exp(0.9 * normal(key, 905)))
            when uniform(key, 907) < slow_report_share
                then least(4320, 120 * exp(normal(key, 905)))
            else 2 + 20 * uniform(key, 903)
        end as delay_minutes,
    from keyed

)

select
    load_id || '-e' || code as load_event_id,
    load_id,
    carrier_id,
    event_type,
    stop_type,
    stop_sequence,
    case
        when version = 2 then later(occurred_at, -(1 + 14 * uniform(key, 904)))
        else occurred_at
    end as occurred_at,
    landed(event_rows.occurred_at, delay_minutes, version, key) as landed_at,
    day,
from versioned as event_rows;

create table landed_settlements as
with versioned as (

    select *, unnest(versions(child(key, 6000), true)) as version,
    from trips

)

select
    versioned.load_id || '-s' as settlement_id,
    versioned.load_id,
    carriers.carrier_id,
    case
        when version = 2
            then round(
                linehaul_usd * (1.01 + 0.04 * uniform(versioned.key, 904)), 2
            )::decimal(12, 2)
        else linehaul_usd
    end as linehaul_usd,
    versioned.fuel_usd,
    versioned.accessorials_usd,
    versioned.settled_at,
    landed(
        settled_at,
        least(2880, 30 + 300 * exp(normal(versioned.key, 905))),
        version,
        child(versioned.key, 6000)
    ) as landed_at,
    versioned.day,
from versioned
inner join carriers on versioned.carrier = carriers.number;

create table landed_claims as
with versioned as (

    select *, unnest(versions(child(key, 7000), false)) as version,
    from trips
    where claimed_at is not null

)

select
    load_id || '-d' as claim_id,
    load_id,
    case when uniform(key, 55) < 0.8 then 'damage' else 'loss' end as claim_type,
    round(least(60000, 900 * exp(1.1 * normal(key, 56))), 2)::decimal(12, 2) as amount_usd,
    claimed_at,
    landed(
        claimed_at, 10 + 1400 * uniform(key, 903), version, child(key, 7000)
    ) as landed_at,
    day,
from versioned;
