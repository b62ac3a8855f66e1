-- depends_on: {{ ref('stg_freight__set_aside') }}
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
        known_at,
        superseded_at
    from {{ ref('stg_freight__tenders') }}

),

lanes as (

    select
        load_id,
        origin_market_id,
        equipment_type,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

answered as (

    select
        responses.tender_response_id,
        responses.tender_id,
        tenders.load_id,
        lanes.origin_market_id,
        lanes.equipment_type,
        responses.response = 'rejected' as is_rejected,
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
            and {{ holds_at('lanes', 'responses.known_at') }}

)

select * from answered
