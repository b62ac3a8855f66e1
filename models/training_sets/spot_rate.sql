-- depends_on: {{ ref('national_balance') }}
with

predictions as (

    select
        load_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
        pickup_due_at,
        event_timestamp,
        horizon_at,
        event_timestamp >= {{ complete_from() }} as has_full_windows,
        outcome,
        settled_rpm_usd
    from {{ ref('spot_load_outcomes') }}
    where {{ in_batch('horizon_at') }}

),

training_set as (

    {{ point_in_time_join(
        'predictions',
        features=[
            'lane_rates:spot_rpm_p50_usd_30d',
            'lane_rates:has_enough_spot_loads_30d',
            'lane_rates:spot_load_count_30d',
            'lane_rates:spot_carrier_count_30d',
            'lane_rates:spot_rpm_interquartile_range_usd_30d',
            'lane_rates:spot_rpm_p50_usd_30d_or_origin',
            'lane_rates:contract_rpm_p50_usd_90d',
            'lane_rates:contract_load_count_90d',
            'lane_rates:spot_minus_contract_rpm_p50_usd_30d',
            'lane_rates:spot_rpm_p50_ratio_7d_to_28d',
            'origin_rates:spot_rpm_p50_usd_7d',
            'origin_rates:spot_load_count_7d',
            'origin_rates:spot_rpm_p50_usd_30d',
            'origin_rates:spot_load_count_30d',
            'destination_rates:spot_rpm_p50_usd_30d',
            'destination_rates:spot_load_count_30d',
            'origin_market:outbound_tender_rejection_rate_7d',
            'origin_market:outbound_tender_count_7d',
            'origin_market:outbound_tender_rejection_rate_change_7d',
            'origin_market:outbound_tender_share_7d',
            'origin_market:weighted_outbound_rejection_rate_change_7d',
            'origin_market:inbound_tender_rejection_rate_7d',
            'origin_market:inbound_tender_count_7d',
            'origin_market:outbound_tender_lead_time_mean_hours_7d',
            'origin_market:load_to_truck_ratio_1d',
            'origin_market:truck_post_count_1d',
            'origin_market:load_to_truck_ratio_7d',
            'origin_market:truck_post_count_7d',
            'origin_market:headhaul_loads_7d',
            'origin_market:outbound_load_count_7d',
            'origin_market:inbound_load_count_7d',
            'origin_market:loads_out_per_truck_in_7d',
            'origin_market:delivery_count_7d',
            'destination_market:outbound_tender_rejection_rate_7d',
            'destination_market:outbound_tender_count_7d',
            'destination_market:load_to_truck_ratio_7d',
            'destination_market:truck_post_count_7d',
            'destination_market:headhaul_loads_7d',
            'destination_market:loads_out_per_truck_in_7d',
            'origin_capacity:open_load_count_next_48h',
            'origin_capacity:truck_post_count_24h',
            'origin_capacity:hours_to_pickup',
            'destination_capacity:open_load_count_next_48h',
            'destination_capacity:truck_post_count_24h',
            'lane_volume:load_count_28d',
            'lane_volume:weekly_load_count_variation_84d',
            'lane_volume:carrier_count_90d',
            'lane_volume:miles_mean_28d',
            'lane_service:transit_p50_hours_90d',
            'lane_service:tender_rejection_rate_28d',
            'lane_service:routing_guide_depth_mean_28d',
            'origin_dwell:dwell_p50_minutes_90d',
            'origin_dwell:detention_rate_90d',
            'destination_dwell:dwell_p50_minutes_90d',
            'destination_dwell:detention_rate_90d',
            'shipper_behavior:cancellation_rate_90d',
            'shipper_behavior:load_count_28d',
            'fuel:fuel_surcharge_rpm_usd',
            'origin_place:local_pickup_hour',
            'origin_place:local_pickup_weekday',
        ],
        full_feature_names=true,
        aliases={
            'origin_rates': {
                'view': 'market_rates',
                'keys': {'market_id': 'origin_market_id'},
            },
            'destination_rates': {
                'view': 'market_rates',
                'keys': {'market_id': 'destination_market_id'},
            },
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
            'destination_capacity': {
                'view': 'market_capacity',
                'keys': {'market_id': 'destination_market_id'},
            },
            'origin_dwell': {
                'view': 'facility_dwell',
                'keys': {'facility_id': 'origin_facility_id'},
            },
            'destination_dwell': {
                'view': 'facility_dwell',
                'keys': {'facility_id': 'destination_facility_id'},
            },
            'origin_place': {
                'view': 'facility_place',
                'keys': {'facility_id': 'origin_facility_id'},
            },
        },
    ) | indent }}

)

select * from training_set
