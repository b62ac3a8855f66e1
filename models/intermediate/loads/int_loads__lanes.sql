with

loads as (

    select
        load_id,
        shipper_id,
        origin_facility_id,
        destination_facility_id,
        equipment_type,
        miles,
        is_spot,
        pickup_appointment_at,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__loads') }}

),

facilities as (

    select
        facility_id,
        market_id,
        latitude,
        longitude,
        known_at,
        superseded_at
    from {{ ref('stg_freight__facilities') }}

),

-- A facility that moves later does not move the loads that are known. What is unknown is null: a
-- feature whose key it is does not count the load, and any other does.
lanes as (

    select
        loads.load_id,
        loads.shipper_id,
        loads.origin_facility_id,
        loads.destination_facility_id,
        nullif(origins.market_id, 'unknown') as origin_market_id,
        nullif(destinations.market_id, 'unknown') as destination_market_id,
        nullif(loads.equipment_type, 'unknown') as equipment_type,
        cast(loads.miles as decimal(9, 2)) as miles,
        {{ great_circle_miles(
            'origins.latitude', 'origins.longitude', 'destinations.latitude', 'destinations.longitude'
        ) }} as great_circle_miles,
        loads.is_spot,
        loads.pickup_appointment_at,
        loads.event_at,
        loads.known_at,
        loads.superseded_at
    from loads
    inner join facilities as origins
        on
            loads.origin_facility_id = origins.facility_id
            and {{ holds_at('origins', 'loads.known_at') }}
    inner join facilities as destinations
        on
            loads.destination_facility_id = destinations.facility_id
            and {{ holds_at('destinations', 'loads.known_at') }}

)

select * from lanes
