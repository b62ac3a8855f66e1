with

carriers as (

    select
        carrier_id,
        contact_changed_at,
        max(contact_changed_at) over (
            partition by carrier_id
            order by known_at
            rows between unbounded preceding and 1 preceding
        ) as contact_changed_before_at,
        row_number() over (
            partition by carrier_id
            order by known_at
        ) as version_number,
        known_at
    from {{ ref('stg_freight__carriers') }}

),

-- What a carrier's first snapshot says had happened before we knew the carrier.
contact_changed as (

    select
        carrier_id,
        contact_changed_at as event_at,
        known_at,
        cast(null as timestamp) as superseded_at
    from carriers
    where
        version_number > 1
        and contact_changed_at is not null
        and (contact_changed_before_at is null or contact_changed_at > contact_changed_before_at)

)

select * from contact_changed
