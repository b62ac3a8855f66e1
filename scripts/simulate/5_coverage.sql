-- Who takes a load: the waterfall of its routing guide, or the best bid; again after a fall-off.

-- The chance of a rejection rises as the offer falls behind what the market pays now.
create table tender_waterfall as
with

asked as (

    select
        loads.load_id,
        loads.key as load_key,
        loads.day,
        loads.fuel_usd,
        loads.posted_at,
        loads.tightness,
        guides.position,
        guides.carrier,
        child(loads.key, 1000 + guides.position) as tender_key,
        loads.contract_rpm * (1 + 0.015 * (guides.position - 1)) as offered_rpm,
        greatest(180, round(offered_rpm * loads.miles, 2))::decimal(12, 2) as linehaul_usd,
        least(240, floor(loads.lead_minutes / 14)) as expires_after_minutes,
        carriers.response_minutes * exp(0.8 * normal(tender_key, 1)) as wanted_minutes,
        wanted_minutes >= expires_after_minutes or uniform(tender_key, 3) < 0.02 as is_expired,
        uniform(tender_key, 4) < share(
            -1.9
            + loads.tightness
            - 5 * (offered_rpm / loads.spot_rpm - 1)
            - carriers.willingness
        ) as is_rejected,
        case when is_expired then expires_after_minutes else wanted_minutes end as answer_minutes,
        2 + 4 * uniform(tender_key, 5) as gap_minutes,
    from planned_loads as loads
    inner join routing_guides as guides
        on
            loads.shipper_lane = guides.shipper_lane
            and (loads.day - getvariable('opening') + loads.contract_phase) // 365 = guides.contract
    inner join carriers on guides.carrier = carriers.number
    where not loads.is_spot

),

ordered as (

    select
        * exclude (position, tender_key),
        tender_key as key,
        row_number() over tenders_of_load as position,
        coalesce(bool_or(not is_expired and not is_rejected) over (
            tenders_of_load rows between unbounded preceding and 1 preceding
        ), false) as is_covered_before,
        -- Whole seconds, so that the sum is exact.
        sum(round(60 * (gap_minutes + answer_minutes))::bigint) over tenders_of_load
        - round(60 * answer_minutes)::bigint as seconds_before,
    from asked
    window tenders_of_load as (partition by load_id order by position)

)

select
    * exclude (gap_minutes, wanted_minutes, is_covered_before, seconds_before),
    case
        when is_expired then 'expired' when is_rejected then 'rejected' else 'accepted'
    end as response,
    posted_at + to_seconds(seconds_before) as tendered_at,
    later(tendered_at, answer_minutes) as responded_at,
from ordered
where not is_covered_before;

create table accepted_tenders as
select
    load_id,
    carrier,
    linehaul_usd,
    later(responded_at, 1 + 9 * uniform(key, 6)) as booked_at,
from tender_waterfall
where response = 'accepted';

-- The bids that answer each opening of a load, and the one that is booked: the lowest.
create macro bids_for(openings) as table
with

asked as (

    select
        loads.*,
        openings.attempt,
        openings.opened_at,
        openings.lost_carrier,
        child(loads.key, 2000 + openings.attempt) as opening_key,
        greatest(
            20, least(360, 0.4 * minutes_between(openings.opened_at, loads.pickup_due_at))
        ) as window_minutes,
        least(9, greatest(2, round(
            4.5 * exp(-0.3 * loads.tightness) * (0.4 + 1.2 * uniform(opening_key, 0))
        )))::bigint as bid_count,
    from query_table(openings) as openings
    inner join planned_loads as loads on openings.load_id = loads.load_id

),

numbered as (

    select
        *,
        child(opening_key, bid) as bid_key,
    from asked
    cross join lateral (select unnest(range(1, bid_count + 1)) as bid) as bids

)

select
    numbered.load_id,
    numbered.day,
    numbered.attempt,
    numbered.bid,
    numbered.bid_key as key,
    pools.carrier,
    greatest(180, round(
        numbered.spot_rpm
        * numbered.miles
        * (1.02 + 0.04 * numbered.attempt)
        * exp(0.08 * normal(numbered.bid_key, 1)),
        2
    ))::decimal(12, 2) as linehaul_usd,
    later(
        numbered.opened_at, 1 + numbered.window_minutes * pow(uniform(numbered.bid_key, 3), 1.5)
    ) as bid_at,
    later(
        max(bid_at) over (partition by numbered.load_id), 5 + 15 * uniform(numbered.opening_key, 1)
    ) as closed_at,
    row_number() over (
        partition by numbered.load_id order by linehaul_usd, numbered.bid
    ) as price_rank,
from numbered
inner join pools
    on
        (numbered.day - getvariable('opening')) // 91 = pools.period
        and numbered.origin_market = pools.market
        and numbered.equipment_type = pools.equipment_type
        and floor(24 * pow(uniform(numbered.bid_key, 0), 1.5))::bigint = pools.place
where pools.carrier is distinct from numbered.lost_carrier;

create macro bookings_after(openings_bids, attempt_number) as table
with

booked as (

    select
        bids.load_id,
        bids.attempt,
        bids.carrier,
        bids.linehaul_usd,
        bids.closed_at as booked_at,
    from query_table(openings_bids) as bids
    where bids.price_rank = 1
    union all
    select load_id, 1, carrier, linehaul_usd, booked_at,
    from accepted_tenders
    where attempt_number = 1

)

-- A fall-off comes late rather than early; within two hours of the pickup nobody backs out.
select
    booked.*,
    loads.day,
    loads.key as load_key,
    child(loads.key, 3000 + booked.attempt) as booking_key,
    case
        when
            booked.attempt < 3
            and loads.pickup_due_at > booked.booked_at + interval 2 hours
            and uniform(booking_key, 0) < share(
                -1.75 + carriers.unsteadiness + 0.35 * loads.tightness
            )
            then later(
                loads.pickup_due_at,
                -(minutes_between(booked.booked_at, loads.pickup_due_at) - 30)
                * pow(uniform(booking_key, 1), 1.6)
            )
    end as fell_off_at,
from booked
inner join planned_loads as loads on booked.load_id = loads.load_id
inner join carriers on booked.carrier = carriers.number;

create table openings_1 as
select
    load_id,
    1 as attempt,
    null::bigint as lost_carrier,
    later(posted_at, 1 + 4 * uniform(key, 18)) as opened_at,
from planned_loads
where is_spot
union all
select
    load_id,
    1,
    null,
    later(max(responded_at), 2),
from tender_waterfall
group by load_id
having not bool_or(response = 'accepted');

create table bids_1 as select * from bids_for(openings_1);
create table bookings_1 as select * from bookings_after(bids_1, 1);

create table openings_2 as
select load_id, 2 as attempt, carrier as lost_carrier, later(fell_off_at, 5) as opened_at,
from bookings_1
where fell_off_at is not null;

create table bids_2 as select * from bids_for(openings_2);
create table bookings_2 as select * from bookings_after(bids_2, 2);

create table openings_3 as
select load_id, 3 as attempt, carrier as lost_carrier, later(fell_off_at, 5) as opened_at,
from bookings_2
where fell_off_at is not null;

create table bids_3 as select * from bids_for(openings_3);
create table bookings_3 as select * from bookings_after(bids_3, 3);

create view all_bids as
select * from bids_1
union all
select * from bids_2
union all
select * from bids_3;

create view all_bookings as
select * from bookings_1
union all
select * from bookings_2
union all
select * from bookings_3;

-- A shipper that sees its offer fail raises it while bids come in.
create table reprices as
select
    loads.load_id,
    loads.day,
    loads.key,
    later(
        openings.opened_at,
        minutes_between(openings.opened_at, bids.closed_at) * (0.2 + 0.6 * uniform(loads.key, 20))
    ) as changed_at,
    round(
        greatest(180, loads.spot_rpm * loads.miles * (0.95 + 0.12 * uniform(loads.key, 21))), 2
    )::decimal(12, 2) as offered_linehaul_usd,
from openings_1 as openings
inner join planned_loads as loads on openings.load_id = loads.load_id
inner join bids_1 as bids on openings.load_id = bids.load_id
where bids.price_rank = 1 and uniform(loads.key, 19) < 0.15;
