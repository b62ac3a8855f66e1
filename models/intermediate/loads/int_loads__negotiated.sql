with

tenders as (

    select
        tender_id,
        load_id,
        linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__tenders') }}

),

rejections as (

    select
        tender_response_id,
        load_id,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}
    where is_rejected

),

bids as (

    select
        bid_id,
        load_id,
        linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__bids') }}

),

changes as (

    select
        load_change_id,
        load_id,
        change_type,
        offered_linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_changes') }}
    where change_type in ('appointment', 'reprice')

),

negotiated as (

    select
        'tender' as step_type,
        tender_id as step_id,
        load_id,
        linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from tenders
    union all
    select
        'rejection' as step_type,
        tender_response_id as step_id,
        load_id,
        null as linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from rejections
    union all
    select
        'bid' as step_type,
        bid_id as step_id,
        load_id,
        linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from bids
    union all
    select
        change_type as step_type,
        load_change_id as step_id,
        load_id,
        offered_linehaul_usd as linehaul_usd,
        event_at,
        known_at,
        superseded_at
    from changes

)

select * from negotiated
