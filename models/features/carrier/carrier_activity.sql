with

loads as (

    select
        carrier_id,
        is_tracked,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__hauled') }}

),

active_loads as (

    select
        carrier_id,
        opens_at,
        closes_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__active') }}

),

claims as (

    select
        carrier_id,
        known_at,
        superseded_at
    from {{ ref('int_loads__claimed') }}

),

-- What ends a load is found within `reference_days`: one booked before may be delivered.
windows as (

    {{ trailing_features(
        keys=['carrier_id'],
        features=[
            {'name': 'load_count', 'count': 'loads', 'over': ['7d', '28d', '30d', '90d', '365d']},
            {'name': 'last_load_at', 'newest_at': 'loads', 'newest_within': '365d'},
            {'name': 'active_load_count', 'count': 'active_loads', 'open_within': var('reference_days') ~ 'd'},
            {'name': 'tracked_load_rate', 'rate': 'loads.is_tracked', 'over': '30d'},
            {'name': 'claim_count', 'count': 'claims', 'over': '365d'},
        ],
    ) }}

)

select
    *,
    1000 * claim_count_365d / nullif(load_count_365d, 0) as claims_per_1000_loads_365d
from windows
