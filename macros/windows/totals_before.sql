{#
    A CTE of the totals with what they were before: `milepost__before_<offset>` has those of so many grid steps
    earlier, and `milepost__balance_step` is the step of the newest balance.

    plan: as `window_plan` gives it.
#}
{% macro totals_before(plan, keys) -%}
milepost__totals_then_and_now as (

    select
        milepost__totals.*
        {%- for offset, columns in plan.read_before | dictsort %},
        last_value({{ milepost.struct_of(columns | list) }})
            over milepost__until_{{ offset }} as milepost__before_{{ offset }}
        {%- endfor %}
        {%- if plan.columns %},
        max(milepost__balances.milepost__step) over milepost__so_far as milepost__balance_step
        {%- endif %}
    from milepost__totals
    {%- if plan.columns %}
    left join milepost__balances
        on
            {{ milepost.is_same_key('milepost__totals', 'milepost__balances', keys) | indent(8) }}
            and milepost__totals.milepost__step = milepost__balances.milepost__step
    window
        milepost__so_far as (
            partition by milepost__totals.{{ keys | join(', milepost__totals.') }}
            order by milepost__totals.milepost__step
            rows unbounded preceding
        )
        {%- for offset, _ in plan.read_before | dictsort %},
        milepost__until_{{ offset }} as (
            partition by milepost__totals.{{ keys | join(', milepost__totals.') }}
            order by milepost__totals.milepost__step
            range between unbounded preceding and {{ offset }} preceding
        )
        {%- endfor %}
    {%- endif %}

),
{%- endmacro %}
