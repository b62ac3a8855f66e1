with

-- A source that says nothing of stops tells of none.
progress as (

    select
        load_id,
        rejection_count,
        bid_count,
        offer_count,
        reprice_count,
        appointment_change_count,
        cast(best_bid_usd as double)
        / cast(last_offer_usd as double) as best_bid_to_offer_ratio,
        pickup_appointment_at,
        cast(
            {{ elapsed('event_at', 'pickup_appointment_at', 'hour') }} as double
        ) as lead_time_hours,
        coalesce(stop_count, 0) as stop_count,
        weight_pounds,
        is_drop,
        known_at,
        superseded_at
    from {{ ref('int_loads__progress') }}

),

windows as (

    {{ trailing_features(
        keys=['load_id'],
        grid='hour',
        features=[
            {'name': 'tender_rejection_count', 'standing': 'progress.rejection_count'},
            {'name': 'bid_count', 'standing': 'progress.bid_count'},
            {'name': 'offer_count', 'standing': 'progress.offer_count'},
            {'name': 'best_bid_to_offer_ratio', 'standing': 'progress.best_bid_to_offer_ratio'},
            {'name': 'reprice_count', 'standing': 'progress.reprice_count'},
            {'name': 'appointment_change_count', 'standing': 'progress.appointment_change_count'},
            {'name': 'pickup_appointment_at', 'standing': 'progress.pickup_appointment_at'},
            {'name': 'lead_time_hours', 'standing': 'progress.lead_time_hours'},
            {'name': 'stop_count', 'standing': 'progress.stop_count'},
            {'name': 'weight_pounds', 'standing': 'progress.weight_pounds'},
            {'name': 'is_drop', 'standing': 'progress.is_drop'},
        ],
    ) }}

)

select * from windows
