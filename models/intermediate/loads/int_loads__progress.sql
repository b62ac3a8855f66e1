with

loads as (

    select
        load_id,
        weight_pounds,
        stop_count,
        is_drop,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__loads') }}

),

appointments as (

    select
        load_id,
        pickup_appointment_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__appointments') }}

),

-- A price of nothing is none, and none can be compared with it.
steps as (

    select
        load_id,
        step_type,
        case when step_type = 'bid' and linehaul_usd > 0 then linehaul_usd end as bid_usd,
        case
            when step_type in ('tender', 'reprice') and linehaul_usd > 0 then linehaul_usd
        end as offer_usd,
        row_number() over (
            partition by load_id order by known_at, event_at, step_type, step_id
        ) as place,
        known_at,
        superseded_at
    from {{ ref('int_loads__negotiated') }}

),

instants as (

    {{ instants_of(['loads', 'appointments', 'steps'], ['load_id']) }}

),

counted as (

    select
        instants.load_id,
        count(case when steps.step_type = 'rejection' then 1 end) as rejection_count,
        count(steps.bid_usd) as bid_count,
        count(steps.offer_usd) as offer_count,
        count(case when steps.step_type = 'reprice' then 1 end) as reprice_count,
        count(case when steps.step_type = 'appointment' then 1 end) as appointment_change_count,
        min(steps.bid_usd) as best_bid_usd,
        max_by(
            steps.offer_usd, case when steps.offer_usd is not null then steps.place end
        ) as last_offer_usd,
        instants.known_at
    from instants
    left join steps
        on
            instants.load_id = steps.load_id
            and {{ holds_at('steps', 'instants.known_at', var('reference_days')) }}
    group by instants.load_id, instants.known_at

),

states as (

    select
        counted.*,
        appointments.pickup_appointment_at,
        loads.weight_pounds,
        loads.stop_count,
        loads.is_drop,
        loads.event_at
    from counted
    inner join loads
        on
            counted.load_id = loads.load_id
            and {{ holds_at('loads', 'counted.known_at') }}
    inner join appointments
        on
            counted.load_id = appointments.load_id
            and {{ holds_at('appointments', 'counted.known_at') }}

),

progress as (

    {{ versions_of(
        'states',
        id='load_id',
        content=[
            'rejection_count', 'bid_count', 'offer_count', 'reprice_count', 'appointment_change_count',
            'best_bid_usd', 'last_offer_usd', 'pickup_appointment_at', 'weight_pounds', 'stop_count',
            'is_drop', 'event_at',
        ],
    ) }}

)

select * from progress
