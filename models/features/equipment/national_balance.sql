with

tenders as (

    select
        equipment_type,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}

),

windows as (

    {{ trailing_features(
        keys=['equipment_type'],
        grid='hour',
        features=[
            {'name': 'tender_count', 'count': 'tenders', 'over': '7d'},
        ],
    ) }}

)

select * from windows
