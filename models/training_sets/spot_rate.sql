-- depends_on: {{ ref('national_balance') }}
with

predictions as (

    select
        load_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        pickup_due_at,
        event_timestamp,
        event_timestamp >= {{ complete_from() }} as has_full_windows,
        outcome,
        settled_rpm_usd
    from {{ ref('spot_load_outcomes') }}

),

training_set as (

    {{ point_in_time_join(
        'predictions',
        features=[
            'lane_rates:spot_rpm_p50_usd_30d',
            'lane_rates:has_enough_spot_loads_30d',
            'lane_rates:spot_load_count_30d',
            'origin_rates:spot_rpm_p50_usd_30d',
            'origin_rates:spot_load_count_30d',
            'origin_market:outbound_tender_rejection_rate_7d',
            'origin_market:outbound_tender_count_7d',
            'origin_market:load_to_truck_ratio_7d',
            'origin_market:truck_post_count_7d',
            'origin_market:weighted_outbound_rejection_rate_change_7d',
            'origin_capacity:open_load_count_next_48h',
            'origin_capacity:hours_to_pickup',
            'destination_market:outbound_tender_rejection_rate_7d',
            'destination_market:outbound_tender_count_7d',
            'destination_market:load_to_truck_ratio_7d',
            'destination_market:truck_post_count_7d',
        ],
        full_feature_names=true,
        aliases={
            'origin_rates': {
                'view': 'market_rates',
                'keys': {'market_id': 'origin_market_id'},
            },
            'origin_market': {
                'view': 'market_balance',
                'keys': {'market_id': 'origin_market_id'},
            },
            'origin_capacity': {
                'view': 'market_capacity',
                'keys': {'market_id': 'origin_market_id'},
            },
            'destination_market': {
                'view': 'market_balance',
                'keys': {'market_id': 'destination_market_id'},
            },
        },
    ) | indent }}

)

select * from training_set
