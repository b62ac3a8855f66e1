with

loads as (

    select
        load_id,
        shipper_id,
        event_at,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

changes as (

    select
        load_id,
        change_type,
        known_at,
        superseded_at
    from {{ ref('stg_freight__load_changes') }}

),

posted as (

    {{ paired_versions(
        'loads',
        id='load_id',
        content=['shipper_id', 'event_at'],
        pairs={'changes': {'on': ['load_id']}},
        adds={
            'is_cancelled': "count(case when changes.change_type = 'cancellation' then 1 end) > 0",
            'is_rescheduled': "count(case when changes.change_type = 'appointment' then 1 end) > 0",
        },
    ) }}

)

select * from posted
