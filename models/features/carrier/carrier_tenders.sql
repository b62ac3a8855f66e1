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
            {'name': 'tender_acceptance_rate', 'rate': 'tenders.is_accepted', 'over': '90d'},
            {'name': 'tender_count', 'count': 'tenders', 'over': ['30d', '90d']},
            {'name': 'tender_response_time_p50_minutes', 'p50': 'tenders.response_minutes', 'over': '30d'},
            {'name': 'answered_tender_count', 'count': 'tenders.response_minutes', 'over': '30d'},
        ],
    ) }}

)

select * from windows
