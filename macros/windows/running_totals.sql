{#
    A CTE of the totals: for each event, the sum of all tiles of its key up to its step, the newest steps at which
    facts entered and a balance changed, and the step of the next event. Where a step has two events, both have the
    totals of both, and the next step of all but one is the step itself.

    A key is dense where its events are so near to each other that a row for each grid step costs less than to
    search for the totals of earlier steps.

    plan: as `window_plan` gives it.
#}
{% macro running_totals(plan, keys) -%}
{%- set end = 'max(milepost__step) over milepost__of_key + ' ~ (plan.longest + 1) -%}
{%- if plan.steps.end is not none -%}{%- set end = 'least(' ~ end ~ ', ' ~ plan.steps.end ~ ')' -%}{%- endif -%}
milepost__totals as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        lead(milepost__step)
            over (partition by {{ keys | join(', ') }} order by milepost__step)
            as milepost__next_step,
        {%- for facts in plan.facts if facts.is_totalled %}
        {{ milepost.newest_value('milepost__entry_' ~ facts.label ~ '_step') }}
            over milepost__so_far
            as milepost__entry_{{ facts.label }}_step,
        {%- endfor %}
        {{ milepost.newest_value('milepost__balance_step') }} over milepost__so_far as milepost__balance_step,
        {{ end }} - min(milepost__step) over milepost__of_key
        <= {{ 2 * plan.offsets | length + 2 }} * count(*) over milepost__of_key as milepost__is_dense
        {%- for column, total in plan.totals.items() %},
        {{ milepost.total_of_pair(column) if total.is_pair else milepost.running_total(column) }} as {{ column }}
        {%- endfor %}
    from milepost__events
    window
        milepost__so_far as (partition by {{ keys | join(', ') }} order by milepost__step),
        milepost__of_key as (partition by {{ keys | join(', ') }})

),
{%- endmacro %}
