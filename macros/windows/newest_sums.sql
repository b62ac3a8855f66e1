{#
    The CTE `milepost__held_...` of what the newest facts of a window add up to, and the CTEs that it needs.

    Of the facts that stay until the window has passed, the newest are the last that have come. What they add up to is
    the sum of all so far, less that of all before them, which came before the window or are too old. A fact that leaves
    early, because it is superseded, is joined to the instants until then. It takes the place of the oldest of the
    others, where it is one of the newest itself: where fewer facts are newer than it, of both kinds.

    series: as `held_series` gives it.
    order: the columns that order facts.
    sums: the columns of the measures, `{column: sql}`.
#}
{% macro newest_sums(series, keys, order, sums) -%}
{%- set totals = {} -%}
{%- for column, sql in sums.items() -%}
    {%- do totals.update({column: {'sql': sql, 'type': milepost.total_type(column)}}) -%}
{%- endfor -%}
{{ milepost.sums_so_far(
    'milepost__sums_' ~ series.name,
    'milepost__facts_' ~ series.name,
    keys,
    order=order | join(' nulls first, ') ~ ' nulls first',
    sums=totals,
    where='not milepost__leaves_early',
    columns={
        'milepost__step': 'milepost__comes_step',
        'milepost__next_step': 'lead(milepost__comes_step) over (partition by ' ~ keys | join(', ') ~ ' order by '
            ~ order | join(' nulls first, ') ~ ' nulls first)',
        'milepost__number': 'row_number() over milepost__so_far',
    },
) }}

milepost__sums_then_and_now_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        milepost__is_instant,
        {{ milepost.newest_value('milepost__sums_at_step') }} over milepost__so_far as milepost__now,
        {{ milepost.newest_value('milepost__number') }}
            over milepost__until_{{ series.reach }} as milepost__number_before
    from (
        select
            {{ keys | join(',\n            ') }},
            milepost__step,
            false as milepost__is_instant,
            milepost__number,
            {{ milepost.struct_of(['milepost__number'] + sums | list) }} as milepost__sums_at_step
        from milepost__sums_{{ series.name }}
        where coalesce(milepost__next_step > milepost__step, true)
        union all
        select
            {{ keys | join(',\n            ') }},
            milepost__step,
            true as milepost__is_instant,
            null as milepost__number,
            null as milepost__sums_at_step
        from milepost__instants
    ) as milepost__steps
    window
        milepost__so_far as (partition by {{ keys | join(', ') }} order by milepost__step),
        milepost__until_{{ series.reach }} as (
            partition by {{ keys | join(', ') }}
            order by milepost__step
            range between unbounded preceding and {{ series.reach }} preceding
        )

),

milepost__sums_at_instants_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        coalesce(milepost__now.milepost__number, 0) as milepost__number,
        coalesce(milepost__number_before, 0) as milepost__number_before
        {%- for column in sums %},
        coalesce(milepost__now.{{ column }}, 0) as {{ column }}
        {%- endfor %}
    from milepost__sums_then_and_now_{{ series.name }}
    where milepost__is_instant

),

milepost__corrected_keys_{{ series.name }} as (

    select distinct {{ keys | join(', ') }}
    from milepost__facts_{{ series.name }}
    where milepost__leaves_early

),

-- How many facts that stay have come before each fact.
milepost__numbered_{{ series.name }} as (

    select
        milepost__fact.*,
        count(case when not milepost__fact.milepost__leaves_early then 1 end) over (
            partition by milepost__fact.{{ keys | join(', milepost__fact.') }}
            order by milepost__fact.{{ order | join(' nulls first, milepost__fact.') }} nulls first
            rows between unbounded preceding and current row
        ) as milepost__number
    from milepost__facts_{{ series.name }} as milepost__fact
    inner join milepost__corrected_keys_{{ series.name }} as milepost__corrected_keys
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__corrected_keys', keys) | indent(8) }}

),

-- Facts that leave early, at the instants at which they may be among the newest.
milepost__corrected_{{ series.name }} as (

    select
        milepost__fact.*,
        milepost__instants.milepost__step,
        row_number() over (
            partition by milepost__fact.{{ keys | join(', milepost__fact.') }}, milepost__instants.milepost__step
            order by milepost__fact.{{ order | join(' desc nulls last, milepost__fact.') }} desc nulls last
        ) as milepost__recency
    from milepost__numbered_{{ series.name }} as milepost__fact
    left join milepost__sums_{{ series.name }} as milepost__pushing_out
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__pushing_out', keys) | indent(8) }}
            and milepost__fact.milepost__number + {{ series.last }} = milepost__pushing_out.milepost__number
    inner join milepost__instants
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__instants', keys) | indent(8) }}
            and milepost__instants.milepost__step >= milepost__fact.milepost__comes_step
            and milepost__instants.milepost__step < least(
                milepost__fact.milepost__goes_step,
                coalesce(milepost__pushing_out.milepost__step, milepost__fact.milepost__goes_step)
            )
    where milepost__fact.milepost__leaves_early

),

milepost__corrected_sums_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        count(*) as milepost__fact_count
        {%- for column, sql in sums.items() %},
        cast({{ sql }} as {{ totals[column].type }}) as {{ column }}
        {%- endfor %}
    from (
        select milepost__corrected.*
        from milepost__corrected_{{ series.name }} as milepost__corrected
        inner join milepost__sums_at_instants_{{ series.name }} as milepost__at_instant
            on
                {{ milepost.is_same_key('milepost__corrected', 'milepost__at_instant', keys) | indent(12) }}
                and milepost__corrected.milepost__step = milepost__at_instant.milepost__step
        where
            milepost__at_instant.milepost__number - milepost__corrected.milepost__number
            + milepost__corrected.milepost__recency <= {{ series.last }}
    ) as milepost__newest
    group by {{ range(1, keys | length + 2) | join(', ') }}

),

milepost__held_{{ series.name }} as (

    select
        milepost__at_instant.{{ keys | join(',\n        milepost__at_instant.') }},
        milepost__at_instant.milepost__step
        {%- for column in sums %},
        cast(milepost__at_instant.{{ column }} - coalesce(milepost__too_old.{{ column }}, 0) as {{ totals[column].type }})
        + coalesce(milepost__corrected.{{ column }}, 0) as {{ column }}
        {%- endfor %}
    from milepost__sums_at_instants_{{ series.name }} as milepost__at_instant
    left join milepost__corrected_sums_{{ series.name }} as milepost__corrected
        on
            {{ milepost.is_same_key('milepost__at_instant', 'milepost__corrected', keys) | indent(8) }}
            and milepost__at_instant.milepost__step = milepost__corrected.milepost__step
    left join milepost__sums_{{ series.name }} as milepost__too_old
        on
            {{ milepost.is_same_key('milepost__at_instant', 'milepost__too_old', keys) | indent(8) }}
            and milepost__too_old.milepost__number = greatest(
                milepost__at_instant.milepost__number_before,
                milepost__at_instant.milepost__number - {{ series.last }} + coalesce(milepost__corrected.milepost__fact_count, 0)
            )

)
{%- endmacro %}
