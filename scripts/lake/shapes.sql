-- Tables as systems keep them, from the simulation's rows: a change feed of loads, and full
-- snapshots of carriers. Each row has `landed_at`, by which it lies in a partition.

create or replace macro drawn(key, salt) as hash(key || salt) / 18446744073709551616.0;

-- What a database's log tells of loads. Some are typed in by mistake and are gone in the same
-- commit; from `deletes_from` on, one in a hundred is removed three days after it was posted.
create or replace temp table change_feed_of_loads as
with

first_versions as (

    select load_id, min(landed_at) as first_landed_at
    from landed_loads
    group by load_id

),

removals as (

    select
        load_id,
        first_landed_at + interval 3 day as removed_at
    from first_versions
    where
        drawn(load_id, 'removed') < 0.01
        and first_landed_at + interval 3 day >= getvariable('deletes_from')

),

changes as (

    select
        loads.*,
        case when landed_at = first_landed_at then 'c' else 'u' end as op,
        8 * epoch_us(landed_at) as lsn
    from landed_loads as loads
    inner join first_versions using (load_id)
    left join removals using (load_id)
    where landed_at < coalesce(removed_at, 'infinity')
    union all by name
    select
        loads.* replace (removals.removed_at as landed_at),
        'd' as op,
        8 * epoch_us(removals.removed_at) + 1 as lsn
    from landed_loads as loads
    inner join first_versions using (load_id)
    inner join removals using (load_id)
    where loads.landed_at = first_landed_at
    union all by name
    select
        loads.* replace (load_id || 'x' as load_id),
        mistakes.op,
        8 * epoch_us(landed_at) + mistakes.step as lsn
    from landed_loads as loads
    inner join first_versions using (load_id)
    cross join (values ('c', 2), ('d', 3)) as mistakes(op, step)
    where landed_at = first_landed_at and drawn(load_id, 'mistake') < 0.02

)

select *
from changes;

-- Every carrier, every day. What is new has the instant at which it landed; now and then a carrier
-- is missing for a day.
create or replace temp table full_snapshots_of_carriers as
with

days as (

    select unnest(range(
        getvariable('first')::timestamp,
        getvariable('last')::timestamp + interval 1 day,
        interval 1 day
    )) as exported_on

),

versions as (

    select
        *,
        lead(snapshot_at, 1, 'infinity') over (
            partition by carrier_id order by snapshot_at
        ) as next_snapshot_at
    from landed_carriers

),

exported as (

    select
        versions.*,
        days.exported_on,
        versions.snapshot_at = days.exported_on as is_news
    from versions
    inner join days
        on
            versions.snapshot_at <= days.exported_on
            and versions.next_snapshot_at > days.exported_on

)

select
    * exclude (next_snapshot_at, exported_on, is_news) replace (
        exported_on as snapshot_at,
        case when is_news then landed_at else exported_on + interval 20 minute end as landed_at
    )
from exported
where is_news or drawn(carrier_id, exported_on) >= 0.02;
