with

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

tenders as (

    select
        tender_id,
        load_id,
        carrier_id,
        routing_guide_position,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__tenders') }}

),

lanes as (

    select
        load_id,
        shipper_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
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

answered as (

    select
        responses.tender_response_id,
        responses.tender_id,
        tenders.load_id,
        tenders.carrier_id,
        lanes.shipper_id,
        lanes.origin_market_id,
        lanes.destination_market_id,
        lanes.equipment_type,
        tenders.routing_guide_position,
        responses.response = 'accepted' as is_accepted,
        responses.response = 'rejected' as is_rejected,
        case
            when responses.response <> 'expired' and responses.event_at >= tenders.event_at
                then {{ elapsed('tenders.event_at', 'responses.event_at', 'minute') }}
        end as response_minutes,
        {{ elapsed(
            'tenders.event_at', 'appointments.pickup_appointment_at', 'hour'
        ) }} as lead_time_hours,
        responses.event_at,
        responses.known_at,
        responses.superseded_at
    from responses
    inner join tenders
        on
            responses.tender_id = tenders.tender_id
            and {{ holds_at('tenders', 'responses.known_at') }}
    inner join lanes
        on
            tenders.load_id = lanes.load_id
            and {{ holds_at('lanes', 'responses.known_at', var('reference_days')) }}
    inner join appointments
        on
            tenders.load_id = appointments.load_id
            and {{ holds_at('appointments', 'tenders.known_at') }}

)

select * from answered
