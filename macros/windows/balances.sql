{#
    CTEs of the balances: for each key, at each grid step at which a stay begins or ends, what is in the windows
    then. It is the sum of all that was added and subtracted up to that step.

    With a batch, what is in a window from before it is one opening balance for each key, at the step before.

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

milepost__changes_by_step as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for column in plan.columns %},
        sum({{ column }}) as {{ column }}
        {%- endfor %}
    from milepost__changes
    {%- if plan.steps.end is not none %}
    where milepost__step < {{ plan.steps.end }}
    {%- endif %}
    group by {{ range(1, keys | length + 2) | join(', ') }}

),

milepost__balances as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for column in plan.columns %},
        {{ milepost.running_total(column) }} as {{ column }}
        {%- endfor %}
    from milepost__changes_by_step
    {%- if plan.columns %}
    window milepost__so_far as (
        partition by {{ keys | join(', ') }} order by milepost__step rows unbounded preceding
    )
    {%- endif %}

),
{%- endmacro %}
