with

loads as (

    select
        shipper_id,
        is_cancelled,
        is_rescheduled,
        known_at,
        superseded_at
    from {{ ref('int_loads__posted') }}

),

tenders as (

    select
        shipper_id,
        lead_time_hours,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}

),

windows as (

    {{ trailing_features(
        keys=['shipper_id'],
        features=[
            {'name': 'cancellation_rate', 'rate': 'loads.is_cancelled', 'over': '90d'},
            {'name': 'reschedule_rate', 'rate': 'loads.is_rescheduled', 'over': '90d'},
            {'name': 'load_count', 'count': 'loads', 'over': ['28d', '90d']},
            {'name': 'tender_lead_time_mean_hours', 'mean': 'tenders.lead_time_hours', 'over': '90d'},
            {'name': 'tender_lead_time_count', 'count': 'tenders.lead_time_hours', 'over': '90d'},
        ],
    ) }}

)

select * from windows
