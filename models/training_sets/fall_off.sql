-- depends_on: {{ ref('lane_volume') }}
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
        case
            when outcome in ('fell_off', 'not_delivered') then outcome
            else 'kept'
        end as outcome
    from {{ ref('booking_outcomes') }}
    where {{ in_batch('horizon_at') }}

),

training_set as (

    {{ point_in_time_join(
        'predictions',
        features=[
            'carrier_reliability:fall_off_rate_last_50',
            'carrier_reliability:booking_count_last_50',
            'carrier_reliability:fall_off_severity_mean_last_50',
            'carrier_reliability:fall_off_count_last_50',
            'carrier_reliability:on_time_pickup_rate_last_50',
            'carrier_reliability:pickup_count_last_50',
            'carrier_activity:active_load_count',
            'carrier_activity:load_count_28d',
            'carrier_tenders:tender_acceptance_rate_90d',
            'carrier_tenders:tender_count_90d',
            'carrier_safety:authority_age_days',
            'carrier_safety:contact_change_count_30d',
            'carrier_safety:out_of_service_rate_730d',
            'carrier_safety:inspection_count_730d',
            'carrier_lane_experience:load_count_180d',
            'carrier_lane_experience:lane_share_180d',
            'carrier_lane_experience:days_since_last_load',
            'shipper_behavior:cancellation_rate_90d',
            'shipper_behavior:reschedule_rate_90d',
            'shipper_behavior:load_count_90d',
            'origin_market:outbound_tender_rejection_rate_7d',
            'origin_market:outbound_tender_count_7d',
            'origin_market:load_to_truck_ratio_7d',
            'origin_market:truck_post_count_7d',
            'origin_capacity:open_load_count_next_48h',
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
