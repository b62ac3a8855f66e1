-- A flight is there to predict from when it is put on sale. Nobody books one: the training set
-- `late_delivery` has no row of this project, and its features are looked up for these.
with

lanes as (

    select
        *,
        row_number() over (partition by load_id order by known_at) as version_number
    from main_intermediate.int_loads__lanes

),

arrivals as (

    select
        load_id,
        is_on_time,
        row_number() over (partition by load_id order by known_at) as version_number
    from main_intermediate.int_loads__delivered

)

select
    lanes.load_id,
    legs.carrier_id,
    lanes.shipper_id,
    lanes.origin_facility_id,
    lanes.destination_facility_id,
    lanes.origin_market_id,
    lanes.destination_market_id,
    lanes.equipment_type,
    cast(lanes.miles as double) as miles,
    lanes.pickup_appointment_at as pickup_due_at,
    lanes.known_at as event_timestamp,
    case
        when arrivals.is_on_time then 'on_time'
        when not arrivals.is_on_time then 'late'
        else 'not_delivered'
    end as outcome
from lanes
inner join main_staging.base_flights__legs as legs
    on lanes.load_id = legs.load_id
left join arrivals
    on lanes.load_id = arrivals.load_id and arrivals.version_number = 1
where lanes.version_number = 1
