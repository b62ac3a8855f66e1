-- Every value is a hash of a key and a number, never random(): any day can be made alone, again.
-- Keys are hashed twice, because hash(key, 1) and hash(key, 2) correlate by 0.6.

create macro uniform(key, number) as
    (hash(xor(key, (number)::ubigint)) >> 11)::double / 9007199254740992.0;

create macro normal(key, number) as
    sqrt(-2 * ln(1 - uniform(key, number))) * cos(2 * pi() * uniform(key, number + 1));

create macro child(key, number) as hash(xor(key, hash((number)::bigint)));

create macro share(logit) as 1 / (1 + exp(-(logit)));

create macro later(instant, minutes) as (instant) + to_seconds(round(60 * (minutes)));

create macro minutes_between(earlier_at, later_at) as
    (epoch_us(later_at) - epoch_us(earlier_at)) / 60e6;

create macro to_utc(local_at, time_zone) as timezone(time_zone, local_at)::timestamp;

create macro to_local(instant, time_zone) as timezone(time_zone, timezone('UTC', instant));

create macro day_number(day) as ((day) - date '1970-01-05');

-- Random knots every `length` days, joined by straight lines.
create macro drift(key, number, length) as
    normal(child(key, number // length), 0) * (1 - (number % length) / length)
    + normal(child(key, number // length + 1), 0) * ((number % length) / length);

-- 1 on the day of the year `peak`, falling off over `width` days, around new year as well.
create macro near(day, peak, width) as
    exp(-pow(
        least(abs(dayofyear(day) - peak), 365 - abs(dayofyear(day) - peak)) / width, 2
    ));

create macro diesel_price(week) as
    round(
        3.70
        + 0.30 * sin(week / 26.0)
        + 0.18 * drift(child(getvariable('seed_key'), 6), week, 13)
        + 0.02 * normal(child(child(getvariable('seed_key'), 6), week), 7),
        3
    )::decimal(6, 3);

-- How scarce trucks are, 0 on average, 1 where nearly everyone rejects at last season's price.
-- Without the day's noise: this is the part that contracts follow.
create macro tightness_level(pull, latitude, equipment_type, day) as
    0.30 * sin(day_number(day) / 145.0 + 6.28 * uniform(getvariable('seed_key'), 1))
    + 0.55 * near(day, 348, 16)
    + case
        when latitude > 35 then 0
        when equipment_type = 'reefer' then 0.90 * near(day, 130, 32)
        else 0.20 * near(day, 130, 32)
    end
    + 0.45 * pull;

create macro weekly_tightness(day) as
    list_extract([0.05, -0.05, -0.05, 0.05, 0.20, 0.00, -0.20], isodow(day)::bigint);

-- Entities: some from the opening, a quarter more every year, entering with a Sunday's snapshot.
create macro members(initial, week) as initial + floor(initial * 0.25 / 52 * (week))::bigint;

-- Sundays after the opening and before the day: their snapshots have landed.
create macro weeks_before(day) as
    greatest(0, (day) - getvariable('first_sunday') + 6) // 7;
