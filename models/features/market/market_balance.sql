with

-- A post that lacks one of its counts compares nothing.
posts as (

    select
        market_id,
        equipment_type,
        load_post_count,
        truck_post_count,
        known_at,
        superseded_at
    from {{ ref('stg_freight__market_posts') }}
    where load_post_count + truck_post_count is not null

),

outbound_tenders as (

    select
        origin_market_id as market_id,
        equipment_type,
        is_rejected,
        lead_time_hours,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}

),

inbound_tenders as (

    select
        destination_market_id as market_id,
        equipment_type,
        is_rejected,
        known_at,
        superseded_at
    from {{ ref('int_tenders__answered') }}

),

outbound_loads as (

    select
        origin_market_id as market_id,
        equipment_type,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

inbound_loads as (

    select
        destination_market_id as market_id,
        equipment_type,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

deliveries as (

    select
        market_id,
        equipment_type,
        known_at,
        superseded_at
    from {{ ref('int_loads__delivered') }}

),

windows as (

    {{ trailing_features(
        keys=['market_id', 'equipment_type'],
        grid='hour',
        features=[
            {'name': 'load_post_count', 'total': 'posts.load_post_count', 'over': ['1d', '7d']},
            {'name': 'truck_post_count', 'total': 'posts.truck_post_count', 'over': ['1d', '7d']},
            {'name': 'outbound_tender_rejection_rate', 'rate': 'outbound_tenders.is_rejected', 'over': '7d'},
            {'name': 'outbound_tender_rejection_rate', 'rate': 'outbound_tenders.is_rejected', 'over': '7d', 'set_back': '7d'},
            {'name': 'outbound_tender_count', 'count': 'outbound_tenders', 'over': '7d'},
            {'name': 'outbound_tender_count', 'count': 'outbound_tenders', 'over': '7d', 'set_back': '7d'},
            {'name': 'inbound_tender_rejection_rate', 'rate': 'inbound_tenders.is_rejected', 'over': '7d'},
            {'name': 'inbound_tender_rejection_rate', 'rate': 'inbound_tenders.is_rejected', 'over': '7d', 'set_back': '7d'},
            {'name': 'inbound_tender_count', 'count': 'inbound_tenders', 'over': '7d'},
            {'name': 'inbound_tender_count', 'count': 'inbound_tenders', 'over': '7d', 'set_back': '7d'},
            {'name': 'outbound_tender_lead_time_mean_hours', 'mean': 'outbound_tenders.lead_time_hours', 'over': '7d'},
            {'name': 'outbound_tender_lead_time_count', 'count': 'outbound_tenders.lead_time_hours', 'over': '7d'},
            {'name': 'outbound_load_count', 'count': 'outbound_loads', 'over': '7d'},
            {'name': 'inbound_load_count', 'count': 'inbound_loads', 'over': '7d'},
            {'name': 'delivery_count', 'count': 'deliveries', 'over': '7d'},
        ],
    ) }}

)

select
    {{ all_but([
        'load_post_count_1d',
        'load_post_count_7d',
        'outbound_tender_rejection_rate_7d_before_7d',
        'inbound_tender_rejection_rate_7d_before_7d',
    ]) }},
    load_post_count_1d / nullif(truck_post_count_1d, 0) as load_to_truck_ratio_1d,
    load_post_count_7d / nullif(truck_post_count_7d, 0) as load_to_truck_ratio_7d,
    outbound_tender_rejection_rate_7d
    - outbound_tender_rejection_rate_7d_before_7d as outbound_tender_rejection_rate_change_7d,
    inbound_tender_rejection_rate_7d
    - inbound_tender_rejection_rate_7d_before_7d as inbound_tender_rejection_rate_change_7d,
    outbound_load_count_7d - inbound_load_count_7d as headhaul_loads_7d,
    outbound_load_count_7d / nullif(delivery_count_7d, 0) as loads_out_per_truck_in_7d
from windows
