-- depends_on: {{ ref('market_rates') }}
with

predictions as (

    select
        load_id,
        carrier_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        is_bid,
        offered_rpm_usd,
        pickup_due_at,
        event_timestamp,
        horizon_at,
        event_timestamp >= {{ complete_from() }} as has_full_windows,
        outcome
    from {{ ref('offer_outcomes') }}
    where {{ in_batch('horizon_at') }}

),

training_set as (

    {{ point_in_time_join(
        'predictions',
        features=[
            'carrier_tenders:tender_acceptance_rate_90d',
            'carrier_tenders:tender_count_90d',
            'carrier_reliability:on_time_delivery_rate_90d',
            'carrier_reliability:delivery_count_90d',
            'carrier_reliability:fall_off_rate_last_50',
            'carrier_reliability:booking_count_last_50',
            'carrier_activity:active_load_count',
            'carrier_activity:load_count_28d',
            'carrier_activity:days_since_last_load',
            'carrier_activity:claims_per_1000_loads_365d',
            'carrier_activity:load_count_365d',
            'carrier_safety:authority_age_days',
            'carrier_safety:truck_count',
            'carrier_safety:out_of_service_rate_730d',
            'carrier_safety:inspection_count_730d',
            'carrier_lane_experience:load_count_180d',
            'carrier_lane_experience:lane_share_180d',
            'carrier_lane_experience:days_since_last_load',
            'carrier_lane_experience:settled_rpm_mean_usd_180d',
            'carrier_lane_experience:settled_load_count_180d',
            'lane_rates:spot_rpm_p50_usd_30d_or_origin',
            'lane_rates:offered_rpm_ratio_to_spot_p50_30d',
            'lane_rates:offered_rpm_ratio_to_spot_p50_30d_or_origin',
            'lane_volume:carrier_count_90d',
            'lane_volume:hauled_load_count_90d',
            'origin_market:outbound_tender_rejection_rate_7d',
            'origin_market:outbound_tender_count_7d',
            'origin_market:load_to_truck_ratio_7d',
            'origin_market:truck_post_count_7d',
            'origin_capacity:open_load_count_next_48h',
            'origin_capacity:truck_post_count_24h',
            'origin_capacity:hours_to_pickup',
            'load_progress:tender_rejection_count',
            'load_progress:reprice_count',
            'load_progress:appointment_change_count',
            'origin_place:local_pickup_hour',
            'origin_place:local_pickup_weekday',
        ],
        full_feature_names=true,
        aliases={
            'origin_market': {
                'view': 'market_balance',
                'keys': {'market_id': 'origin_market_id'},
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
