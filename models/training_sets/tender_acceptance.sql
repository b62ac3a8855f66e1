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
            'carrier_reliability',
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
