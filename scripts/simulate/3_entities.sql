-- Who takes part, each with habits of its own; who serves which lane.

set variable carrier_count = greatest(60, round(2000 * sqrt(getvariable('scale'))))::bigint;
set variable facility_count = greatest(60, round(3000 * sqrt(getvariable('scale'))))::bigint;
set variable shipper_count = greatest(10, round(400 * pow(getvariable('scale'), 0.8)))::bigint;

create table carriers as
with

drawn as (

    select
        *,
        child(child(getvariable('seed_key'), 1), number) as key,
    from population(getvariable('carrier_count'))

)

select
    'carrier_' || lpad(drawn.number::varchar, 5, '0') as carrier_id,
    drawn.number,
    drawn.key,
    drawn.week,
    drawn.entered_on,
    markets.market as home_market,
    case
        when uniform(drawn.key, 11) < 0.62 then ['van']
        when uniform(drawn.key, 11) < 0.73 then ['reefer']
        when uniform(drawn.key, 11) < 0.84 then ['reefer', 'van']
        else ['flatbed']
    end as equipment_types,
    least(2000, floor(1.2 * pow(1 - uniform(drawn.key, 1), -0.8)))::bigint as truck_count,
    0.7 * normal(drawn.key, 2) as lateness,
    0.7 * normal(drawn.key, 4) as unsteadiness,
    1.4 * normal(drawn.key, 6) as willingness,
    25 * exp(0.7 * normal(drawn.key, 8)) as response_minutes,
    0.02 + 0.23 * uniform(drawn.key, 10) as slow_report_share,
    0.4 + 0.6 * uniform(drawn.key, 12) as tracked_share,
from drawn
inner join markets
    on uniform(drawn.key, 0) >= markets.share_from and uniform(drawn.key, 0) < markets.share_to;

create table facilities as
with

-- A shipper that enters later brings one site of its own.
numbered as (

    select number, week, entered_on,
    from population(getvariable('facility_count'))
    where week = 0
    union all
    select
        number - getvariable('shipper_count') + getvariable('facility_count'),
        week,
        entered_on,
    from population(getvariable('shipper_count'))
    where week > 0

),

drawn as (

    select
        *,
        child(child(getvariable('seed_key'), 2), number) as key,
    from numbered

)

select
    'facility_' || lpad(drawn.number::varchar, 5, '0') as facility_id,
    drawn.number,
    drawn.key,
    drawn.week,
    drawn.entered_on,
    markets.market,
    markets.market_id,
    markets.pull,
    markets.time_zone,
    round(markets.latitude + 0.5 * (uniform(drawn.key, 1) - 0.5), 5) as latitude,
    round(markets.longitude + 0.5 * (uniform(drawn.key, 2) - 0.5), 5) as longitude,
    uniform(drawn.key, 3) < 0.7 as has_appointments,
    least(240, greatest(35, 75 * exp(0.5 * normal(drawn.key, 4)))) as dwell_minutes,
from drawn
inner join markets
    on uniform(drawn.key, 0) >= markets.share_from and uniform(drawn.key, 0) < markets.share_to;

create table shippers as
with

drawn as (

    select
        *,
        child(child(getvariable('seed_key'), 3), number) as key,
    from population(getvariable('shipper_count'))

)

select
    'shipper_' || lpad(number::varchar, 4, '0') as shipper_id,
    *,
    list_extract(
        ['retail', 'retail', 'food', 'food', 'industrial', 'paper'],
        1 + floor(6 * uniform(key, 0))::bigint
    ) as segment,
    0.5 + 0.45 * uniform(key, 1) as contract_share,
    1 + 4.5 * uniform(key, 2) as lead_days,
    0.14 * uniform(key, 3) as reschedule_share,
    0.08 * pow(uniform(key, 4), 1.5) as cancellation_share,
    2 + floor(24 * pow(getvariable('scale'), 0.75) * pow(uniform(key, 5), 2))::bigint as lane_count,
from drawn;

-- A shipper ships from up to four sites, rather in headhaul markets, to where freight is wanted,
-- rather near: the smallest of exponential draws is a draw by weight.
create table shipper_lanes as
with

site_candidates as (

    select
        shippers.number as shipper,
        facilities.number as facility,
        case
            when facilities.number >= getvariable('facility_count') then 0
            else
                -ln(1 - uniform(child(shippers.key, 100), candidates.number))
                / exp(0.5 * facilities.pull)
        end as score,
    from shippers
    cross join range(12) as candidates(number)
    inner join facilities
        on case
            when candidates.number = 0 and shippers.week > 0
                then shippers.number - getvariable('shipper_count') + getvariable('facility_count')
            else floor(
                getvariable('facility_count') * uniform(child(shippers.key, 101), candidates.number)
            )::bigint
        end = facilities.number

),

sites as (

    select
        shipper,
        facility,
        row_number() over (partition by shipper order by min(score), facility) - 1 as site,
    from site_candidates
    group by shipper, facility

),

lanes as (

    select
        shippers.number as shipper,
        shippers.segment,
        shippers.entered_on,
        lane_numbers.lane,
        child(child(shippers.key, 102), lane_numbers.lane) as key,
        floor((1 + floor(4 * uniform(shippers.key, 6))) * uniform(key, 0))::bigint as site,
    from shippers
    cross join lateral (select unnest(range(shippers.lane_count)) as lane) as lane_numbers

),

routes as (

    select
        lanes.*,
        origins.number as origin_facility,
        destinations.number as destination_facility,
        origins.market as origin_market,
        destinations.market as destination_market,
        round(1.18 * 7918 * asin(sqrt(
            pow(sin(radians(destinations.latitude - origins.latitude) / 2), 2)
            + cos(radians(origins.latitude)) * cos(radians(destinations.latitude))
            * pow(sin(radians(destinations.longitude - origins.longitude) / 2), 2)
        )), 1) as miles,
        -ln(1 - uniform(child(lanes.key, 100), candidates.number))
        * (miles + 200)
        * exp(0.5 * destinations.pull) as score,
    from lanes
    inner join sites
        on lanes.shipper = sites.shipper and lanes.site = sites.site
    inner join facilities as origins on sites.facility = origins.number
    cross join range(12) as candidates(number)
    inner join facilities as destinations
        on
            floor(
                getvariable('facility_count') * uniform(child(lanes.key, 101), candidates.number)
            )::bigint
            = destinations.number

),

drawn as (

    select
        shipper * 1000 + lane as shipper_lane,
        * exclude (score, site, segment),
        case
            when uniform(key, 1) < case segment when 'food' then 0.60 else 0.12 end
                then 'reefer'
            when uniform(key, 1) < case segment when 'industrial' then 0.60 else 0.22 end
                then 'flatbed'
            else 'van'
        end as equipment_type,
        0.93 + 0.14 * uniform(key, 2) as negotiated,
        uniform(key, 3) < 0.25 as is_drop,
        0.12 * uniform(key, 4) as difficulty,
        floor(365 * uniform(key, 5))::bigint as contract_phase,
    from routes
    where miles >= 40
    qualify row_number() over (partition by shipper, lane order by score, destination_facility) = 1

)

select
    shipper_lanes.*,
    equipment.equipment,
from drawn as shipper_lanes
inner join equipment on shipper_lanes.equipment_type = equipment.equipment_type;

-- The carriers that work out of a market, big and near ones first; drawn anew every 13 weeks,
-- which is when newcomers get in.
create table pools as
with

periods as (

    select
        period,
        getvariable('opening') + (91 * period)::integer as starts_on,
    from range(
        greatest(0, getvariable('first_day') - 366 - getvariable('opening')) // 91,
        (getvariable('last') - getvariable('opening')) // 91 + 1
    ) as all_periods(period)

),

wanted as (

    select distinct origin_market as market, equipment_type,
    from shipper_lanes

),

haulers as (

    select
        number as carrier,
        key,
        entered_on,
        week,
        home_market,
        truck_count,
        unnest(equipment_types) as equipment_type,
    from carriers

)

select
    periods.period,
    wanted.market,
    wanted.equipment_type,
    haulers.carrier,
    -ln(1 - uniform(child(haulers.key, wanted.market), periods.period))
    * (distances.air_miles + 80)
    / pow(haulers.truck_count, 0.6) as score,
    row_number() over (
        partition by periods.period, wanted.market, wanted.equipment_type
        order by score, haulers.carrier
    ) - 1 as place,
from periods
cross join wanted
inner join haulers
    on
        wanted.equipment_type = haulers.equipment_type
        and (haulers.week = 0 or haulers.entered_on < periods.starts_on)
inner join distances
    on
        haulers.home_market = distances.origin_market
        and wanted.market = distances.destination_market
qualify place < 24;

-- Two to six carriers rank for a shipper's lane, until its contract ends after a year.
create table routing_guides as
with

contracts as (

    select
        shipper_lane,
        key,
        origin_market,
        equipment_type,
        contract,
        greatest(
            getvariable('opening'),
            entered_on + 1,
            getvariable('opening') + (365 * contract - contract_phase)::integer
        ) as starts_on,
    from shipper_lanes
    cross join lateral (
        select unnest(range(
            (getvariable('first_day') - getvariable('opening') + contract_phase) // 365,
            (getvariable('last') - getvariable('opening') + contract_phase) // 365 + 1
        )) as contract
    ) as contracts

),

ranked as (

    select
        contracts.shipper_lane,
        contracts.contract,
        pools.carrier,
        2 + floor(5 * uniform(child(contracts.key, contracts.contract), 0))::bigint as length,
        row_number() over (
            partition by contracts.shipper_lane, contracts.contract
            order by
                -ln(1 - uniform(child(contracts.key, 200 + contracts.contract), pools.place))
                * (pools.place + 2),
                pools.carrier
        ) as position,
    from contracts
    inner join pools
        on
            contracts.origin_market = pools.market
            and contracts.equipment_type = pools.equipment_type
            and (contracts.starts_on - getvariable('opening')) // 91 = pools.period

)

select shipper_lane, contract, position, carrier,
from ranked
where position <= length;
