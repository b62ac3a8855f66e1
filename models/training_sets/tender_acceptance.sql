-- depends_on: {{ ref('national_balance') }}
-- depends_on: {{ ref('market_rates') }}
with

predictions as (

    select
        tender_id,
        load_id,
        carrier_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        offered_rpm_usd,
        pickup_due_at,
        event_timestamp,
        horizon_at,
        event_timestamp >= {{ complete_from() }} as has_full_windows,
        outcome
    from {{ ref('tender_outcomes') }}
    where {{ in_batch('horizon_at') }}

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
            'lane_service:tender_rejection_rate_28d',
            'lane_service:tender_count_28d',
            'lane_service:routing_guide_depth_mean_28d',
            'lane_service:accepted_tender_count_28d',
            'lane_rates:contract_rpm_p50_usd_90d',
            'lane_rates:contract_load_count_90d',
            'lane_rates:spot_rpm_p50_usd_30d_or_origin',
            'lane_rates:offered_rpm_ratio_to_spot_p50_30d',
            'lane_rates:offered_rpm_ratio_to_spot_p50_30d_or_origin',
            'lane_volume:miles_mean_28d',
            'origin_market:outbound_tender_rejection_rate_7d',
            'origin_market:outbound_tender_count_7d',
            'origin_market:outbound_tender_share_7d',
            'origin_market:outbound_tender_rejection_rate_change_7d',
            'origin_market:load_to_truck_ratio_7d',
            'origin_market:truck_post_count_7d',
            'destination_market:outbound_tender_rejection_rate_7d',
            'destination_market:outbound_tender_count_7d',
            'destination_market:load_to_truck_ratio_7d',
            'destination_market:truck_post_count_7d',
            'origin_capacity:hours_to_pickup',
            'origin_place:local_pickup_hour',
            'origin_place:local_pickup_weekday',
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
            'origin_capacity': {
                'view': 'market_capacity',
                'keys': {'market_id': 'origin_market_id'},
            },
            'origin_place': {
                'view': 'facility_place',
                'keys': {'facility_id': 'origin_facility_id'},
            },
        },
    ) | indent }}

)

select * from training_set
