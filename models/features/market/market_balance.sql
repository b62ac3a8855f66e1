with

outbound_tenders as (

    select
        origin_market_id as market_id,
        equipment_type,
        is_rejected,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}

),

windows as (

    {{ trailing_features(
        keys=['market_id', 'equipment_type'],
        grid='hour',
        features=[
            {'name': 'outbound_tender_rejection_rate', 'rate': 'outbound_tenders.is_rejected', 'over': '7d'},
            {'name': 'outbound_tender_count', 'count': 'outbound_tenders', 'over': '7d'},
        ],
    ) }}

)

select
    market_id,
    equipment_type,
    {{ available_at('grid_at') }} as available_at,
    outbound_tender_rejection_rate_7d,
    outbound_tender_count_7d
from windows
