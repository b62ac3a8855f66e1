with

claims as (

    select
        claim_id,
        load_id,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__claims') }}

),

deliveries as (

    select
        load_event_id,
        load_id,
        carrier_id,
        event_at,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_events') }}
    where event_type = 'delivered'

),

-- A claim that comes before the proof of delivery waits for it.
counting as (

    select
        claims.claim_id,
        claims.load_id,
        claims.event_at,
        greatest(claims.known_at, min(deliveries.known_at)) as known_at,
        claims.superseded_at
    from claims
    inner join deliveries
        on
            claims.load_id = deliveries.load_id
            and claims.known_at
            >= deliveries.known_at - interval '{{ var("reference_days") }}' day
            and claims.known_at
            <= deliveries.known_at + interval '{{ var("reference_days") }}' day
    group by
        claims.claim_id,
        claims.load_id,
        claims.event_at,
        claims.known_at,
        claims.superseded_at

),

deliveries_by_recency as (

    select
        counting.claim_id,
        counting.load_id,
        deliveries.carrier_id,
        counting.event_at,
        counting.known_at,
        counting.superseded_at,
        row_number() over (
            partition by counting.claim_id, counting.known_at
            order by
                deliveries.known_at desc,
                deliveries.event_at desc,
                deliveries.load_event_id desc
        ) as recency
    from counting
    inner join deliveries
        on
            counting.load_id = deliveries.load_id
            and {{ holds_at('deliveries', 'counting.known_at', var('reference_days')) }}
    where
        counting.superseded_at is null
        or counting.superseded_at > counting.known_at

),

claimed as (

    select
        claim_id,
        load_id,
        carrier_id,
        event_at,
        known_at,
        superseded_at
    from deliveries_by_recency
    where recency = 1

)

select * from claimed
