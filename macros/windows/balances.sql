{#
    CTEs of the balances: for each key, at each grid step at which a stay begins or ends, what is in the windows
    then. It is the sum of all that was added and subtracted up to that step.

    With a batch, what is in a window from before it is one opening balance for each key, at the step before. A batch of
    one step needs no balance of the step before.

    plan: as `window_plan` gives it.
#}
{% macro balances(plan, keys) -%}
-- What each grid step adds to the windows, and what it takes out.
milepost__changes as (
{% for change in milepost.window_changes(plan) %}
    select
        {{ keys | join(',\n        ') }},
        {{ change.step }} as milepost__step
        {%- for column in plan.columns %},
        {{ change.adds.get(column, milepost.no_change(column)) }} as {{ column }}
        {%- endfor %}
    from {{ change.relation }}
    {%- if change.where %}
    where {{ change.where }}
    {%- endif %}
    {{- '\n\n    union all\n' if not loop.last }}
{%- endfor %}

),

{% set sums = {} -%}
{%- for column in plan.columns -%}
    {%- do sums.update({column: {'sql': 'sum(' ~ column ~ ')', 'type': milepost.total_type(column)}}) -%}
{%- endfor -%}
{#- In a batch of few steps no key has many. -#}
{%- set has_few_steps = none not in plan.steps.values() and plan.steps.end - plan.steps.opening <= 1024 -%}
{% if plan.only_step is not none -%}
{#- A batch of one step has each key once: all changes up to that step. -#}
milepost__balances as (

    select
        {{ keys | join(',\n        ') }},
        max(milepost__step) as milepost__step
        {%- for column, sum in sums.items() %},
        {{ milepost.as_total(sum.sql, sum.type) }} as {{ column }}
        {%- endfor %}
    from milepost__changes
    where milepost__step < {{ plan.steps.end }}
    group by {{ range(1, keys | length + 1) | join(', ') }}

),
{%- else -%}
milepost__changes_by_step as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for column, sum in sums.items() %},
        {{ sum.sql }} as {{ column }}
        {%- endfor %}
    from milepost__changes
    {%- if plan.steps.end is not none %}
    where milepost__step < {{ plan.steps.end }}
    {%- endif %}
    group by {{ range(1, keys | length + 2) | join(', ') }}

),

{{ (milepost.default__sums_so_far if has_few_steps else milepost.sums_so_far)(
    'milepost__balances',
    'milepost__changes_by_step',
    keys,
    order='milepost__step',
    sums=sums,
    columns={'milepost__step': 'milepost__step'},
) }}
{%- endif %}
{%- endmacro %}
