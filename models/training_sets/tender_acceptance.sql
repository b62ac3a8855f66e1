-- depends_on: {{ ref('national_balance') }}
with

predictions as (

    select
        tender_id,
        load_id,
        carrier_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        event_timestamp,
        event_timestamp >= {{ complete_from() }} as has_full_windows,
        outcome
    from {{ ref('tender_outcomes') }}

),

training_set as (

    {{ point_in_time_join(
        'predictions',
        features=[
            'carrier_tenders:tender_acceptance_rate_90d',
            'carrier_tenders:tender_count_90d',
            'carrier_tenders:tender_response_time_p50_minutes_30d',
            'carrier_tenders:answered_tender_count_30d',
            'carrier_activity:active_load_count',
            'carrier_activity:load_count_28d',
            'lane_rates:contract_rpm_p50_usd_90d',
            'lane_rates:contract_load_count_90d',
            'origin_market:outbound_tender_rejection_rate_7d',
            'origin_market:outbound_tender_count_7d',
            'origin_market:outbound_tender_share_7d',
            'origin_market:load_to_truck_ratio_7d',
            'origin_market:truck_post_count_7d',
            'destination_market:outbound_tender_rejection_rate_7d',
            'destination_market:outbound_tender_count_7d',
            'destination_market:load_to_truck_ratio_7d',
            'destination_market:truck_post_count_7d',
        ],
        full_feature_names=true,
        aliases={
            'origin_market': {
                'view': 'market_balance',
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
