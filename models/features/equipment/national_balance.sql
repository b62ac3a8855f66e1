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

select
    equipment_type,
    {{ available_at('grid_at') }} as available_at,
    tender_count_7d
from windows
