with

deliveries as (

    select
        carrier_id,
        lane_id,
        amount,
        flag,
        delivery_id,
        known_at as event_at,
        known_at,
        cast(null as timestamp) as superseded_at
    from events

),

windows as (

    {{ trailing_features(keys=['carrier_id'], features=var('features'), grid=var('grid')) }}

)

select * from windows
