{#
    The CTE of the totals, and the CTEs that it needs: for each key and each step at which something happens, the sum of
    all tiles of the key up to it, the newest steps at which facts entered and a balance changed, and the step of the next
    event.

    A key is dense where its events are so near to each other that a row for each grid step costs less than to
    look up the totals of earlier steps. November 2026, three windows: when it was searched by the order of steps, this cost
    as much as 20 rows. The limit is 12, as rows take memory; with one window it is 4.

    plan: as `window_plan` gives it.
#}
{% macro running_totals(plan, keys) -%}
{{ adapter.dispatch('running_totals', 'milepost')(plan, keys) }}
{%- endmacro %}

{# Spark and Databricks. #}
{% macro default__running_totals(plan, keys) -%}
{%- set of_key = ' over (partition by ' ~ keys | join(', ') ~ ')' -%}
{%- set columns = {
    'milepost__first_step': 'min(milepost__step)' ~ of_key,
    'milepost__last_step': 'max(milepost__step)' ~ of_key,
    'milepost__event_count': 'count(*)' ~ of_key,
    'milepost__step': 'milepost__step',
    'milepost__next_step': 'lead(milepost__step) over (partition by ' ~ keys | join(', ') ~ ' order by milepost__step)',
} -%}
{%- set steps = milepost.newest_steps(plan) -%}
{%- for step in steps -%}
    {%- do columns.update({step: milepost.newest_value(step) ~ ' over milepost__so_far'}) -%}
{%- endfor -%}
{%- set sums = {} -%}
{%- for column, total in plan.totals.items() -%}
    {%- do sums.update({column: {
        'sql': milepost.wide_sum(column) if total.is_pair else 'sum(' ~ column ~ ')',
        'type': milepost.type_of_total(column, total),
    }}) -%}
{%- endfor -%}
{{ milepost.sums_so_far(
    'milepost__totals_of_events',
    'milepost__events',
    keys,
    order='milepost__step',
    sums=sums,
    columns=columns,
) }}

milepost__totals as (

    select
        {{ (keys + ['milepost__step', 'milepost__next_step'] + steps) | join(',\n        ') }},
        {{ milepost.end_of_key(plan, 'milepost__last_step') }} - milepost__first_step
        <= {{ 4 * plan.offsets | length }} * milepost__event_count as milepost__is_dense
        {%- for column in plan.totals %},
        {{ column }}
        {%- endfor %}
    from milepost__totals_of_events
    -- Of events at one step the last has the totals of all.
    where coalesce(milepost__next_step > milepost__step, true)

),
{%- endmacro %}

{#
    DuckDB computes a running total in a fourth of the time where its window has neither partition nor order: it then only
    adds each row to the sum so far, as rows come from a sorted subquery. November 2026: 33 ns a row, otherwise 66 at 32
    rows of a key, 125 at 365, 400 at 4,700; keys of one row took less with windows of their own. So the rows of all keys
    are summed up together, key after key, and one more row of each key takes away what its events add up to. The row
    after an event gives its totals, as only that tells whether the event is the last of its step.

    Such a sum runs on one core, so that the keys are in two streams. `milepost__place` orders the rows of a stream: the
    number of the key, in units of 2^32, plus the step. So a place of the key before is no INTEGER away, and gives no step.

    DuckDB 1.5.5 has three faults near here. `lead` may give its last rows twice; so this is `lag`. Two `last_value(...
    ignore nulls)` in one select are wrong; so this is `max`. A select whose result is fetched bit by bit hangs where it
    unites three selects that sort, group or have windows, on one core always; so `milepost__totals` is read at least twice,
    which makes a table of it, and a test looks at the plan. In a table both streams run at once; in the result they
    would run one after the other.
#}
{% macro duckdb__running_totals(plan, keys) -%}
{%- set steps = milepost.newest_steps(plan) -%}
{%- set places, totals = {}, plan.totals -%}
{%- for step in steps -%}{%- do places.update({step: step | replace('_step', '_place')}) -%}{%- endfor -%}
milepost__event_keys as (

    select
        {{ keys | join(',\n        ') }},
        row_number() over (order by {{ keys | join(', ') }}) * 4294967296 as milepost__number,
        hash({{ keys | join(', ') }}) % 2 as milepost__stream,
        max(milepost__step) + 1 as milepost__closing_step,
        {{ milepost.end_of_key(plan, 'max(milepost__step)') }} - min(milepost__step)
        <= {{ 4 * plan.offsets | length }} * count(*) as milepost__is_dense
        {%- for column, total in totals.items() %},
        {{ milepost.as_total('sum(' ~ column ~ ')', milepost.type_of_total(column, total)) }} as {{ column }}
        {%- endfor %}
    from milepost__events
    group by {{ range(1, keys | length + 1) | join(', ') }}

),

milepost__totals as (
{% for stream in [0, 1] %}
    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        case when not milepost__next_closes then milepost__next_step end as milepost__next_step,
        {%- for step, place in places.items() %}
        try_cast({{ place }} - milepost__number as integer) as {{ step }},
        {%- endfor %}
        milepost__is_dense
        {%- for column in totals %},
        {{ column }}
        {%- endfor %}
    from (
        select
            {%- for column in keys + ['milepost__step', 'milepost__number', 'milepost__is_dense', 'milepost__closes'] + places.values() | list + totals | list %}
            lag({{ column }}) over () as {{ column }},
            {%- endfor %}
            lag(milepost__place) over () as milepost__place_before,
            milepost__place,
            milepost__step as milepost__next_step,
            milepost__closes as milepost__next_closes
        from (
            select
                {{ keys | join(',\n                ') }},
                milepost__step,
                milepost__place,
                milepost__number,
                milepost__is_dense,
                milepost__closes
                {%- for step, place in places.items() %},
                max(milepost__number + {{ step }}) filter (where {{ step }} is not null) over milepost__so_far as {{ place }}
                {%- endfor %}
                {%- for column, total in totals.items() %},
                cast(sum({{ column }}) over milepost__so_far as {{ milepost.type_of_total(column, total) | replace('pair', 'bigint') }}) as {{ column }}
                {%- endfor %}
            from (
                select
                    milepost__event_keys.milepost__number + milepost__events.milepost__step as milepost__place,
                    milepost__events.*,
                    milepost__event_keys.milepost__number,
                    milepost__event_keys.milepost__is_dense,
                    false as milepost__closes
                from milepost__events
                inner join milepost__event_keys
                    on
                        {{ milepost.is_same_key('milepost__events', 'milepost__event_keys', keys) | indent(24) }}
                where milepost__event_keys.milepost__stream = {{ stream }}

                union all

                select
                    milepost__number + milepost__closing_step as milepost__place,
                    {{ keys | join(',\n                    ') }},
                    milepost__closing_step as milepost__step,
                    {%- for step in steps %}
                    null as {{ step }},
                    {%- endfor %}
                    {%- for column in totals %}
                    -{{ column }} as {{ column }},
                    {%- endfor %}
                    milepost__number,
                    milepost__is_dense,
                    true as milepost__closes
                from milepost__event_keys
                where milepost__stream = {{ stream }}

                order by 1
            ) as milepost__in_order
            window milepost__so_far as (rows unbounded preceding)
        ) as milepost__sums
    ) as milepost__sums_before
    where
        case
            when milepost__place_before > milepost__place
                then {{ milepost.fail('trailing_features: DuckDB did not keep the order of rows\nhint: install the versions of `requirements.lock`') }}
            else not milepost__closes and milepost__place_before < milepost__place
        end
    {{- '\n\n    union all\n' if not loop.last }}
{%- endfor %}

),
{%- endmacro %}

{# The steps of the events of which the newest so far is asked: at which facts of each relation entered, and a balance changed. #}
{% macro newest_steps(plan) %}
    {% set steps = [] %}
    {% for facts in plan.facts if facts.is_totalled %}{% do steps.append('milepost__entry_' ~ facts.label ~ '_step') %}{% endfor %}
    {{ return(steps + ['milepost__balance_step']) }}
{% endmacro %}

{# The step after the last at which a fact of a key is in a window, in SQL. `last_step` is that of its last event. #}
{% macro end_of_key(plan, last_step) %}
    {% set end = last_step ~ ' + ' ~ (plan.longest + 1) %}
    {{ return(end if plan.steps.end is none else 'least(' ~ end ~ ', ' ~ plan.steps.end ~ ')') }}
{% endmacro %}

{# The type of a total, as `as_total` takes it. #}
{% macro type_of_total(column, total) %}
    {{ return('pair' if total.is_pair else milepost.total_type(column)) }}
{% endmacro %}
