with

airports as (

    select * from {{ milepost.raw_rows('flights', 'airports') }}

),

-- Flown to, but not in `airports`: their zones are stated here, their places stay unknown.
unlisted (faa, tzone) as (

    values
    ('BQN', 'America/Puerto_Rico'),
    ('PSE', 'America/Puerto_Rico'),
    ('SJU', 'America/Puerto_Rico'),
    ('STT', 'America/St_Thomas')

),

spans as (

    select
        min(milepost__starts_at) as starts_at,
        min(milepost__closes_at) as closes_at
    from airports

)

select
    faa as airport,
    lat as latitude,
    lon as longitude,
    tzone as time_zone,
    milepost__starts_at as landing_starts_at,
    milepost__closes_at as landing_closes_at
from airports
union all
select
    unlisted.faa as airport,
    cast(null as double) as latitude,
    cast(null as double) as longitude,
    unlisted.tzone as time_zone,
    spans.starts_at as landing_starts_at,
    spans.closes_at as landing_closes_at
from unlisted
cross join spans
