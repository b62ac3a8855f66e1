with

tender_versions as (

    select
        tender_id,
        load_id,
        carrier_id,
        linehaul_usd,
        known_at,
        row_number() over (partition by tender_id order by known_at) as version_number
    from {{ ref('stg_freight__tenders') }}

),

-- A tender is there to predict from when we learned of it. A correction of it is no new one.
tenders as (

    select
        tender_id,
        load_id,
        carrier_id,
        linehaul_usd,
        known_at as event_timestamp,
        known_at + interval '{{ var("tender_acceptance_horizon_hours") }}' hour as horizon_at
    from tender_versions
    where version_number = 1

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

responses as (

    select
        tender_response_id,
        tender_id,
        response,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__tender_responses') }}

),

-- As the response stood at the horizon: a correction that came later does not change the label.
responses_by_recency as (

    select
        tenders.tender_id,
        responses.response,
        row_number() over (
            partition by tenders.tender_id
            order by
                responses.known_at desc, responses.event_at desc, responses.tender_response_id desc
        ) as recency
    from tenders
    inner join responses
        on tenders.tender_id = responses.tender_id
    where
        responses.known_at < tenders.horizon_at
        and (
            responses.superseded_at is null
            or responses.superseded_at >= tenders.horizon_at
        )

),

outcomes as (

    select
        tender_id,
        response
    from responses_by_recency
    where recency = 1

),

-- There is nothing to predict where the response was known first, and a feature may hold it.
known_before as (

    select distinct tenders.tender_id
    from tenders
    inner join responses
        on
            tenders.tender_id = responses.tender_id
            and tenders.event_timestamp >= responses.known_at

),

tender_outcomes as (

    select
        tenders.tender_id,
        tenders.load_id,
        tenders.carrier_id,
        lanes.shipper_id,
        lanes.origin_facility_id,
        lanes.destination_facility_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        case when lanes.miles > 0 then cast(lanes.miles as double) end as miles,
        case
            when lanes.miles > 0 and tenders.linehaul_usd > 0
                then cast(tenders.linehaul_usd as double) / cast(lanes.miles as double)
        end as offered_rpm_usd,
        appointments.pickup_appointment_at as pickup_due_at,
        tenders.event_timestamp,
        tenders.horizon_at,
        coalesce(outcomes.response, 'open') as outcome
    from tenders
    inner join lanes
        on
            tenders.load_id = lanes.load_id
            and {{ holds_at('lanes', 'tenders.event_timestamp') }}
    left join appointments
        on
            tenders.load_id = appointments.load_id
            and {{ holds_at('appointments', 'tenders.event_timestamp') }}
    left join outcomes
        on tenders.tender_id = outcomes.tender_id
    left join known_before
        on tenders.tender_id = known_before.tender_id
    where
        known_before.tender_id is null
        and {{ in_batch('tenders.horizon_at') }}

)

select * from tender_outcomes
