{#
    A CTE of the keys that are not dense: at each grid step at which a window changes, their totals now and before.
    `milepost__before_<offset>` has those of so many grid steps earlier, `milepost__now` those of the step.

    plan: as `window_plan` gives it.
#}
{% macro totals_before(plan, keys) -%}
milepost__totals_then_and_now as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        max(milepost__balance_step) over milepost__so_far as milepost__balance_step
        {%- if plan.totals %},
        {{ milepost.newest_value('milepost__totals_at_step') }} over milepost__so_far as milepost__now
        {%- endif %}
        {%- for offset in plan.read_before | sort %},
        {{ milepost.newest_value('milepost__totals_at_step') }}
            over milepost__until_{{ offset }} as milepost__before_{{ offset }}
        {%- endfor %}
    from (
        select
            {{ keys | join(',\n            ') }},
            milepost__step,
            milepost__balance_step
            {%- if plan.totals %},
            {{ milepost.struct_of(plan.totals) }} as milepost__totals_at_step
            {%- endif %}
        from milepost__totals
        where
            not milepost__is_dense
            and coalesce(milepost__next_step > milepost__step, true)
        union all
        select
            {{ keys | join(',\n            ') }},
            milepost__step,
            null as milepost__balance_step
            {%- if plan.totals %},
            null as milepost__totals_at_step
            {%- endif %}
        from milepost__other_steps
    ) as milepost__steps
    window
        milepost__so_far as (
            partition by {{ keys | join(', ') }} order by milepost__step rows unbounded preceding
        )
        {%- for offset in plan.read_before | sort %},
        milepost__until_{{ offset }} as (
            partition by {{ keys | join(', ') }}
            order by milepost__step
            range between unbounded preceding and {{ offset }} preceding
        )
        {%- endfor %}

),
{%- endmacro %}
