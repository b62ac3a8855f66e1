{#
    CTEs of what the newest facts of a window add up to, where all that came are in it until the window has passed:
    the sums of the last facts so far, or where fewer are in the window, the sums of all so far less those of what
    came before the window.

    series: as `held_series` gives it.
    order: the columns that order facts.
    sums: the columns of the measures, `{column: sql}`.
#}
{% macro newest_sums(series, keys, order, sums) -%}
{%- set columns = ['milepost__number'] -%}
{%- for column in sums -%}
    {%- do columns.extend([column, column | replace('milepost__', 'milepost__newest_', 1)]) -%}
{%- endfor -%}
milepost__sums_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__comes_step as milepost__step,
        lead(milepost__comes_step)
            over (partition by {{ keys | join(', ') }} order by {{ order | join(' nulls first, ') }} nulls first)
            as milepost__next_step,
        row_number() over milepost__so_far as milepost__number
        {%- for column, sql in sums.items() %},
        {{ sql }} over milepost__so_far as {{ column }},
        {{ sql }} over milepost__newest as {{ column | replace('milepost__', 'milepost__newest_', 1) }}
        {%- endfor %}
    from milepost__facts_{{ series.name }}
    where not milepost__leaves_early
    window
        milepost__so_far as (
            partition by {{ keys | join(', ') }}
            order by {{ order | join(' nulls first, ') }} nulls first
            rows between unbounded preceding and current row
        ),
        milepost__newest as (
            partition by {{ keys | join(', ') }}
            order by {{ order | join(' nulls first, ') }} nulls first
            rows between {{ series.last - 1 }} preceding and current row
        )

),

milepost__sums_then_and_now_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        milepost__is_instant,
        {{ milepost.newest_value('milepost__sums_at_step') }} over milepost__so_far as milepost__now,
        {{ milepost.newest_value('milepost__sums_at_step') }} over milepost__until_{{ series.reach }} as milepost__before
    from (
        select
            {{ keys | join(',\n            ') }},
            milepost__step,
            false as milepost__is_instant,
            {{ milepost.struct_of(columns) }} as milepost__sums_at_step
        from milepost__sums_{{ series.name }}
        where coalesce(milepost__next_step > milepost__step, true)
        union all
        select
            {{ keys | join(',\n            ') }},
            milepost__step,
            true as milepost__is_instant,
            null as milepost__sums_at_step
        from milepost__uncorrected_{{ series.name }}
    ) as milepost__steps
    window
        milepost__so_far as (partition by {{ keys | join(', ') }} order by milepost__step),
        milepost__until_{{ series.reach }} as (
            partition by {{ keys | join(', ') }}
            order by milepost__step
            range between unbounded preceding and {{ series.reach }} preceding
        )

),

milepost__newest_sums_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for column in sums %},
        case
            when milepost__now.milepost__number - coalesce(milepost__before.milepost__number, 0) >= {{ series.last }}
                then milepost__now.{{ column | replace('milepost__', 'milepost__newest_', 1) }}
            else milepost__now.{{ column }} - coalesce(milepost__before.{{ column }}, 0)
        end as {{ column }}
        {%- endfor %}
    from milepost__sums_then_and_now_{{ series.name }}
    where milepost__is_instant

),
{%- endmacro %}
