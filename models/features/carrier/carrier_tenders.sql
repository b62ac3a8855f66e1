with

tenders as (

    select
        carrier_id,
        is_accepted,
        response_minutes,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}

),

windows as (

    {{ trailing_features(
        keys=['carrier_id'],
        features=[
            {'name': 'acceptance_rate', 'rate': 'tenders.is_accepted', 'over': '90d'},
            {'name': 'tender_count', 'count': 'tenders', 'over': ['30d', '90d']},
            {'name': 'response_time_p50_minutes', 'p50': 'tenders.response_minutes', 'over': '30d'},
            {'name': 'answered_tender_count', 'count': 'tenders.response_minutes', 'over': '30d'},
        ],
    ) }}

)

select
    carrier_id,
    {{ available_at('grid_at') }} as available_at,
    acceptance_rate_90d as tender_acceptance_rate_90d,
    tender_count_90d,
    response_time_p50_minutes_30d as tender_response_time_p50_minutes_30d,
    answered_tender_count_30d,
    tender_count_30d
from windows
