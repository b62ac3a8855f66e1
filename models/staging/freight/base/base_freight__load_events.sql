with

typed as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_type,
        stop_type,
        stop_sequence,
        event_type = 'delivered' or coalesce(stop_type = 'delivery', false) as is_at_delivery,
        occurred_at as event_at,
        milepost__known_at as known_at,
        milepost__starts_at as landing_starts_at,
        milepost__closes_at as landing_closes_at,
        milepost__unreadable as unreadable
    from {{ raw_rows('freight', 'load_events') }}

),

judged as (

    select
        *,
        {{ row_fault(keys=['load_event_id', 'load_id', 'carrier_id', 'event_type']) }} as own_fault
    from typed

),

-- Of two sound events that contradict each other, the one that became known second is at fault:
-- what had become known before it does not change by it.
known_so_far as (

    select
        *,
        min(case when own_fault is null and event_type = 'picked_up' then event_at end) over (
            partition by load_id, carrier_id
            order by known_at
            range between interval '60' day preceding and current row
        ) as first_picked_up_at,
        max(case when own_fault is null and is_at_delivery then event_at end) over (
            partition by load_id, carrier_id
            order by known_at
            range between interval '60' day preceding and current row
        ) as last_delivered_at
    from judged

)

select
    load_event_id,
    load_id,
    carrier_id,
    event_type,
    stop_type,
    stop_sequence,
    event_at,
    known_at,
    landing_starts_at,
    landing_closes_at,
    unreadable,
    coalesce(
        own_fault,
        case
            when is_at_delivery and event_at < first_picked_up_at
                then 'delivered_before_picked_up'
            when event_type = 'picked_up' and event_at > last_delivered_at
                then 'picked_up_after_delivered'
        end
    ) as fault
from known_so_far
