with

facilities as (

    select
        facility_id,
        nullif(market_id, 'unknown') as market_id,
        latitude,
        longitude,
        time_zone,
        appointment_policy,
        known_at,
        superseded_at
    from {{ ref('stg_freight__facilities') }}

),

windows as (

    {{ trailing_features(
        keys=['facility_id'],
        features=[
            {'name': 'facility_market_id', 'standing': 'facilities.market_id'},
            {'name': 'latitude', 'standing': 'facilities.latitude'},
            {'name': 'longitude', 'standing': 'facilities.longitude'},
            {'name': 'time_zone', 'standing': 'facilities.time_zone'},
            {'name': 'appointment_policy', 'standing': 'facilities.appointment_policy'},
        ],
    ) }}

)

select * from windows
