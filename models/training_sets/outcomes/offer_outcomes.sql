with

tenders as (

    select
        load_id,
        carrier_id,
        linehaul_usd,
        false as is_bid,
        tender_id as offer_id,
        event_at,
        known_at
    from {{ ref('stg_freight__tenders') }}

),

bids as (

    select
        load_id,
        carrier_id,
        linehaul_usd,
        true as is_bid,
        bid_id as offer_id,
        event_at,
        known_at
    from {{ ref('stg_freight__bids') }}

),

offers_in_order as (

    select
        *,
        row_number() over (
            partition by load_id, carrier_id
            order by known_at, event_at, is_bid, offer_id
        ) as offer_number
    from (
        select * from tenders
        union all
        select * from bids
    ) as all_offers

),

-- A carrier is there to be judged for a load from when we learned of its first tender or bid.
offers as (

    select
        load_id,
        carrier_id,
        linehaul_usd,
        is_bid,
        known_at as event_timestamp,
        known_at + interval '{{ var("carrier_matching_horizon_days") }}' day as horizon_at
    from offers_in_order
    where offer_number = 1

),

lanes as (

    select
        load_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

appointments as (

    select
        load_id,
        pickup_appointment_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__appointments') }}

),

deliveries as (

    select
        load_id,
        carrier_id,
        known_at,
        superseded_at
    from {{ ref('int_loads__delivered') }}

),

-- As it stood at the horizon: a correction that came later does not change the label.
hauled as (

    select
        offers.load_id,
        offers.carrier_id,
        max(case when deliveries.known_at <= offers.event_timestamp then 1 else 0 end)
            as is_known_before,
        max(
            case
                when
                    deliveries.superseded_at is null
                    or deliveries.superseded_at >= offers.horizon_at
                    then 1
                else 0
            end
        ) as is_hauled
    from offers
    inner join deliveries
        on
            offers.load_id = deliveries.load_id
            and offers.carrier_id = deliveries.carrier_id
            and offers.horizon_at > deliveries.known_at
    group by offers.load_id, offers.carrier_id

),

-- There is nothing to predict where the delivery was known first, and a feature may hold it.
offer_outcomes as (

    select
        offers.load_id,
        offers.carrier_id,
        lanes.shipper_id,
        lanes.origin_facility_id,
        lanes.destination_facility_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        case when lanes.miles > 0 then cast(lanes.miles as double) end as miles,
        offers.is_bid,
        case
            when lanes.miles > 0 and offers.linehaul_usd > 0
                then cast(offers.linehaul_usd as double) / cast(lanes.miles as double)
        end as offered_rpm_usd,
        appointments.pickup_appointment_at as pickup_due_at,
        offers.event_timestamp,
        offers.horizon_at,
        case when hauled.is_hauled = 1 then 'hauled' else 'not_hauled' end as outcome
    from offers
    inner join lanes
        on
            offers.load_id = lanes.load_id
            and {{ holds_at('lanes', 'offers.event_timestamp') }}
    left join appointments
        on
            offers.load_id = appointments.load_id
            and {{ holds_at('appointments', 'offers.event_timestamp') }}
    left join hauled
        on
            offers.load_id = hauled.load_id
            and offers.carrier_id = hauled.carrier_id
    where
        coalesce(hauled.is_known_before, 0) = 0
        and {{ in_batch('offers.horizon_at') }}

)

select * from offer_outcomes
