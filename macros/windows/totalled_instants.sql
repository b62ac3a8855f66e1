{#
    The CTE `milepost__instants`: for each key and grid step at which a window changes, what is in each window.
    It is the difference of two totals, plus the newest balance, which has the facts that were superseded
    and the open ones.

    plan: as `window_plan` gives it.
#}
{% macro totalled_instants(plan, keys) -%}
milepost__instants as (

    select
        milepost__now.{{ keys | join(',\n        milepost__now.') }},
        milepost__now.milepost__step
        {%- for series in plan.series %}{% for sum in series.sums %},
        {% if series.is_totalled -%}
        coalesce(milepost__{{ 'before_' ~ series.back if series.back else 'now' }}.{{ sum.enters }}, 0)
        - coalesce(milepost__before_{{ series.reach }}.{{ sum.leaves }}, 0)
        + {% endif -%}
        coalesce(milepost__balances.{{ sum.column }}, 0) as {{ sum.column }}
        {%- endfor %}{% endfor %}
    from milepost__totals_then_and_now as milepost__now
    {%- if plan.columns %}
    left join milepost__balances
        on
            {{ milepost.is_same_key('milepost__now', 'milepost__balances', keys) | indent(8) }}
            and milepost__now.milepost__balance_step = milepost__balances.milepost__step
    {%- endif %}

)
{%- endmacro %}
