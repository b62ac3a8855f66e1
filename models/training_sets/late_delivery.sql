-- depends_on: {{ ref('national_balance') }}
with

predictions as (

    select
        load_event_id,
        load_id,
        carrier_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        pickup_due_at,
        event_timestamp,
        horizon_at,
        event_timestamp >= {{ complete_from() }} as has_full_windows,
        outcome
    from {{ ref('booking_outcomes') }}
    where {{ in_batch('horizon_at') }}

),

training_set as (

    {{ point_in_time_join(
        'predictions',
        features=[
            'carrier_reliability:on_time_delivery_rate_28d',
            'carrier_reliability:delivery_count_28d',
            'carrier_reliability:on_time_delivery_rate_90d',
            'carrier_reliability:lateness_p90_minutes_90d',
            'carrier_reliability:delivery_count_90d',
            'carrier_activity:active_load_count',
            'carrier_activity:tracked_load_rate_30d',
            'carrier_activity:load_count_30d',
            'carrier_safety:authority_age_days',
            'carrier_safety:truck_count',
            'lane_service:transit_p50_hours_90d',
            'lane_service:transit_p90_hours_90d',
            'lane_service:transit_count_90d',
            'lane_volume:miles_mean_28d',
            'origin_dwell:dwell_p50_minutes_90d',
            'origin_dwell:dwell_p90_minutes_90d',
            'origin_dwell:stop_count_90d',
            'destination_dwell:dwell_p50_minutes_90d',
            'destination_dwell:dwell_p90_minutes_90d',
            'destination_dwell:stop_count_90d',
            'origin_market:outbound_tender_rejection_rate_7d',
            'origin_market:outbound_tender_count_7d',
            'origin_market:outbound_tender_share_7d',
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
            'origin_dwell': {
                'view': 'facility_dwell',
                'keys': {'facility_id': 'origin_facility_id'},
            },
            'destination_dwell': {
                'view': 'facility_dwell',
                'keys': {'facility_id': 'destination_facility_id'},
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
            'origin_place': {
                'view': 'facility_place',
                'keys': {'facility_id': 'origin_facility_id'},
            },
        },
    ) | indent }}

)

select * from training_set
