{#
    The CTE `milepost__instants`: for each key and grid step at which a window changes, what is in each window.
    It is the difference of two totals, plus the newest balance, which has the facts that were superseded,
    the open ones, and long values.

    plan: as `window_plan` gives it.
#}
{% macro totalled_instants(plan, keys) -%}
{%- set sums = plan.series | map(attribute='sums') | sum(start=[]) -%}
{%- set totalled = plan.facts | selectattr('is_totalled') | list -%}
-- The facts that stand in each window.
milepost__standing_facts as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- if plan.columns %},
        milepost__balance_step
        {%- endif %}
        {%- for series in plan.series %}{% for sum in series.sums | selectattr('is_totalled') | unique(attribute='difference') %},
        {{ milepost.totals_difference(
            milepost.name_before(sum.enters, series.back) if series.back else sum.enters,
            milepost.name_before(sum.leaves, series.reach),
            is_set_back=series.back > 0
        ) }} as {{ sum.difference }}
        {%- endfor %}{% endfor %}
    from milepost__each_step_then_and_now
    where
        milepost__balance_step = milepost__step
        {%- for facts in totalled %}{% set entry_step = 'milepost__entry_' ~ facts.label ~ '_step' %}
        or {{ entry_step }} = milepost__step
        {%- for offset in facts.offsets %}
        or {{ milepost.name_before(entry_step, offset) }} = milepost__step - {{ offset }}
        {%- endfor %}{% endfor %}

    union all

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- if plan.columns %},
        milepost__balance_step
        {%- endif %}
        {%- for series in plan.series %}{% for sum in series.sums | selectattr('is_totalled') | unique(attribute='difference') %},
        {{ milepost.totals_difference(
            ('milepost__before_' ~ series.back if series.back else 'milepost__now') ~ '.' ~ sum.enters,
            'milepost__before_' ~ series.reach ~ '.' ~ sum.leaves,
            is_set_back=series.back > 0
        ) }} as {{ sum.difference }}
        {%- endfor %}{% endfor %}
    from milepost__totals_then_and_now
    where coalesce(milepost__next_step > milepost__step, true)

),

milepost__instants as (

    select
        milepost__standing_facts.{{ keys | join(',\n        milepost__standing_facts.') }},
        milepost__standing_facts.milepost__step
        {%- for sum in sums %},
        {% set standing, balance = milepost.standing_sum(sum), 'milepost__balances.' ~ sum.column -%}
        coalesce({{ standing ~ ' + ' ~ balance ~ ', ' ~ standing if sum.is_totalled else balance ~ ', 0' }}) as {{ sum.column }}
        {%- endfor %}
    from milepost__standing_facts
    {%- if plan.columns %}
    left join milepost__balances
        on
            {{ milepost.is_same_key('milepost__standing_facts', 'milepost__balances', keys) | indent(8) }}
            and milepost__standing_facts.milepost__balance_step = milepost__balances.milepost__step
            and (
                milepost__balances.{{ plan.columns | join(' <> 0\n                or milepost__balances.') }} <> 0
            )
    {%- endif %}

)
{%- endmacro %}
