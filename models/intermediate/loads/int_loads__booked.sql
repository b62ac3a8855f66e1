with

events as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_type,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where event_type in ('booked', 'fell_off')

),

appointments as (

    select
        load_id,
        pickup_appointment_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__appointments') }}

),

bookings as (

    select * from events
    where event_type = 'booked'

),

fall_offs as (

    select * from events
    where event_type = 'fell_off'

),

-- Whatever a carrier books or gives up on a load may tell which of its bookings fell off.
standing as (

    {{ standing_facts(
        'bookings',
        id='load_event_id',
        content=['load_id', 'carrier_id', 'event_at'],
        pairs={'events': ['load_id', 'carrier_id']},
    ) }}

),

-- A fall-off ends the carrier's last booking before it.
ended as (

    select
        standing.load_event_id,
        standing.load_id,
        standing.known_at,
        fall_offs.event_at as fell_off_at,
        fall_offs.known_at as fall_off_known_at,
        row_number() over (
            partition by standing.load_event_id, standing.known_at
            order by fall_offs.event_at, fall_offs.load_event_id
        ) as place
    from standing
    inner join fall_offs
        on
            standing.load_id = fall_offs.load_id
            and standing.carrier_id = fall_offs.carrier_id
            and standing.event_at <= fall_offs.event_at
            and {{ holds_at('fall_offs', 'standing.known_at', var('reference_days')) }}
    left join bookings as later_bookings
        on
            standing.load_id = later_bookings.load_id
            and standing.carrier_id = later_bookings.carrier_id
            and standing.event_at < later_bookings.event_at
            and fall_offs.event_at >= later_bookings.event_at
            and {{ holds_at('later_bookings', 'standing.known_at', var('reference_days')) }}
    where later_bookings.load_event_id is null

),

notices as (

    select
        ended.load_event_id,
        ended.known_at,
        ended.fell_off_at,
        {{ elapsed('ended.fell_off_at', 'appointments.pickup_appointment_at', 'hour') }}
            as notice_hours
    from ended
    left join appointments
        on
            ended.load_id = appointments.load_id
            and {{ holds_at('appointments', 'ended.fall_off_known_at') }}
    where ended.place = 1

),

states as (

    select
        standing.load_event_id,
        standing.load_id,
        standing.carrier_id,
        notices.load_event_id is not null as has_fallen_off,
        notices.fell_off_at,
        case
            when notices.notice_hours >= 48 then cast(0 as decimal(18, 6))
            when notices.notice_hours <= 24 then cast(1 as decimal(18, 6))
            -- By whole numbers, half up: engines round a quotient each in their way.
            when notices.notice_hours is not null
                then cast(
                    floor((cast((48 - notices.notice_hours) * 1000000 as bigint) + 12) / 24)
                    * 0.000001 as decimal(18, 6)
                )
        end as fall_off_severity,
        standing.event_at,
        standing.known_at
    from standing
    left join notices
        on
            standing.load_event_id = notices.load_event_id
            and standing.known_at = notices.known_at

),

versions as (

    {{ versions_of(
        'states',
        id='load_event_id',
        content=[
            'load_id',
            'carrier_id',
            'has_fallen_off',
            'fell_off_at',
            'fall_off_severity',
            'event_at',
        ],
    ) }}

),

-- What was corrected into something else is no booking any more.
booked as (

    select * from versions
    where load_id is not null

)

select * from booked
