-- depends_on: {{ ref('stg_freight__set_aside') }}
with

arrivals as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where
        event_type = 'arrived'
        and stop_type = 'delivery'

),

loads as (

    select
        load_id,
        delivery_appointment_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__loads') }}

),

changes as (

    select
        load_change_id,
        load_id,
        delivery_appointment_at,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_changes') }}
    where
        change_type = 'appointment'
        and delivery_appointment_at is not null

),

changes_by_recency as (

    select
        arrivals.load_event_id,
        arrivals.known_at,
        changes.delivery_appointment_at,
        row_number() over (
            partition by arrivals.load_event_id, arrivals.known_at
            order by changes.known_at desc, changes.event_at desc, changes.load_change_id desc
        ) as recency
    from arrivals
    inner join changes
        on
            arrivals.load_id = changes.load_id
            and {{ holds_at('changes', 'arrivals.known_at') }}

),

last_changes as (

    select
        load_event_id,
        known_at,
        delivery_appointment_at
    from changes_by_recency
    where recency = 1

),

-- The appointment counts as it stood when the arrival became known, not as it ended: its last
-- change, else as posted.
delivered as (

    select
        arrivals.load_event_id,
        arrivals.load_id,
        arrivals.carrier_id,
        arrivals.event_at
        <= coalesce(last_changes.delivery_appointment_at, loads.delivery_appointment_at)
        + interval '{{ var("on_time_grace_minutes") }}' minute as is_on_time,
        arrivals.event_at,
        arrivals.known_at,
        arrivals.superseded_at
    from arrivals
    inner join loads
        on
            arrivals.load_id = loads.load_id
            and {{ holds_at('loads', 'arrivals.known_at') }}
    left join last_changes
        on
            arrivals.load_event_id = last_changes.load_event_id
            and arrivals.known_at = last_changes.known_at

)

select * from delivered
