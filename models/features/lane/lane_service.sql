with

transits as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        transit_hours,
        known_at,
        superseded_at
    from {{ ref('int_loads__transits') }}

),

tenders as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        is_rejected,
        case when is_accepted then routing_guide_position end as accepted_position,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}

),

windows as (

    {{ trailing_features(
        keys=['origin_market_id', 'destination_market_id', 'equipment_type'],
        features=[
            {'name': 'transit_p50_hours', 'p50': 'transits.transit_hours', 'over': '90d'},
            {'name': 'transit_p90_hours', 'p90': 'transits.transit_hours', 'over': '90d'},
            {'name': 'transit_count', 'count': 'transits', 'over': '90d'},
            {'name': 'tender_rejection_rate', 'rate': 'tenders.is_rejected', 'over': '28d'},
            {'name': 'tender_count', 'count': 'tenders', 'over': '28d'},
            {'name': 'routing_guide_depth_mean', 'mean': 'tenders.accepted_position', 'over': '28d'},
            {'name': 'accepted_tender_count', 'count': 'tenders.accepted_position', 'over': '28d'},
        ],
    ) }}

)

select * from windows
