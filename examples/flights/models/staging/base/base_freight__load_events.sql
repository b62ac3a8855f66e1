with

kinds (event_type, stop_type, stop_sequence) as (

    values
    ('departed', 'pickup', 1),
    ('picked_up', 'pickup', 1),
    ('arrived', 'delivery', 2),
    ('delivered', 'delivery', 2)

),

happened as (

    select
        legs.load_id || '-' || kinds.event_type as load_event_id,
        legs.load_id,
        legs.carrier_id,
        kinds.event_type,
        kinds.stop_type,
        cast(kinds.stop_sequence as bigint) as stop_sequence,
        case
            when kinds.stop_type = 'pickup' then legs.departed_at
            else legs.arrived_at
        end as event_at,
        legs.landing_starts_at,
        legs.landing_closes_at,
        legs.unreadable
    from {{ ref('base_flights__legs') }} as legs
    cross join kinds

),

known as (

    select
        *,
        event_at + interval '1' hour as known_at
    from happened
    where event_at is not null

)

select
    *,
    {{ milepost.row_fault(keys=['load_event_id', 'load_id', 'carrier_id']) }} as fault
from known
