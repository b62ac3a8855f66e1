with

predictions as (

    select
        load_id,
        origin_market_id,
        destination_market_id,
        equipment_type,
        miles,
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
            'lane_rates',
            'origin_market',
            'destination_market',
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
