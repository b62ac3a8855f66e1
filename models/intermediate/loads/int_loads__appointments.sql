with

loads as (

    select
        load_id,
        pickup_appointment_at,
        delivery_appointment_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__loads') }}

),

changes as (

    select
        load_change_id,
        load_id,
        pickup_appointment_at,
        delivery_appointment_at,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_changes') }}
    where change_type = 'appointment'

),

instants as (

    {{ instants_of(['loads', 'changes'], ['load_id']) }}

),

changes_by_recency as (

    select
        instants.load_id,
        instants.known_at,
        changes.pickup_appointment_at,
        changes.delivery_appointment_at,
        row_number() over (
            partition by instants.load_id, instants.known_at
            order by
                case when changes.pickup_appointment_at is null then 1 else 0 end,
                changes.known_at desc,
                changes.event_at desc,
                changes.load_change_id desc
        ) as pickup_recency,
        row_number() over (
            partition by instants.load_id, instants.known_at
            order by
                case when changes.delivery_appointment_at is null then 1 else 0 end,
                changes.known_at desc,
                changes.event_at desc,
                changes.load_change_id desc
        ) as delivery_recency
    from instants
    inner join changes
        on
            instants.load_id = changes.load_id
            and {{ holds_at('changes', 'instants.known_at', var('reference_days')) }}

),

last_changes as (

    select
        load_id,
        known_at,
        max(case when pickup_recency = 1 then pickup_appointment_at end) as pickup_appointment_at,
        max(
            case when delivery_recency = 1 then delivery_appointment_at end
        ) as delivery_appointment_at
    from changes_by_recency
    group by load_id, known_at

),

-- Its last change, else as posted.
states as (

    select
        instants.load_id,
        coalesce(
            last_changes.pickup_appointment_at, loads.pickup_appointment_at
        ) as pickup_appointment_at,
        coalesce(
            last_changes.delivery_appointment_at, loads.delivery_appointment_at
        ) as delivery_appointment_at,
        instants.known_at
    from instants
    inner join loads
        on
            instants.load_id = loads.load_id
            and {{ holds_at('loads', 'instants.known_at') }}
    left join last_changes
        on
            instants.load_id = last_changes.load_id
            and instants.known_at = last_changes.known_at

),

appointments as (

    {{ versions_of(
        'states', id='load_id', content=['pickup_appointment_at', 'delivery_appointment_at']
    ) }}

)

select * from appointments
