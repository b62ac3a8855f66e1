{#
    A CTE of the totals: for each key and each step at which something happens, the sum of all tiles of the key up to it,
    the newest steps at which facts entered and a balance changed, and the step of the next event.

    A key is dense where its events are so near to each other that a row for each grid step costs less than to
    search for the totals of earlier steps. November 2026, three windows: a search costs as much as 20 rows. The limit is
    12, as rows take memory; with one window it is 4.

    plan: as `window_plan` gives it.
#}
{% macro running_totals(plan, keys) -%}
{%- set end = 'milepost__last_step + ' ~ (plan.longest + 1) -%}
{%- if plan.steps.end is not none -%}{%- set end = 'least(' ~ end ~ ', ' ~ plan.steps.end ~ ')' -%}{%- endif -%}
{%- set entry_steps = [] -%}
{%- for facts in plan.facts if facts.is_totalled -%}
    {%- do entry_steps.append('milepost__entry_' ~ facts.label ~ '_step') -%}
{%- endfor -%}
{%- set columns = {
    'milepost__step': 'milepost__step',
    'milepost__next_step': 'lead(milepost__step) over (partition by ' ~ keys | join(', ') ~ ' order by milepost__step)',
} -%}
{%- for step in entry_steps + ['milepost__balance_step'] -%}
    {%- do columns.update({step: milepost.newest_value(step) ~ ' over milepost__so_far'}) -%}
{%- endfor -%}
{%- set sums = {} -%}
{%- for column, total in plan.totals.items() -%}
    {%- do sums.update({column: {
        'sql': milepost.wide_sum(column) if total.is_pair else 'sum(' ~ column ~ ')',
        'type': 'pair' if total.is_pair else milepost.total_type(column),
    }}) -%}
{%- endfor -%}
{{ milepost.sums_so_far(
    'milepost__totals_of_events',
    'milepost__events',
    keys,
    order='milepost__step',
    sums=sums,
    columns=columns,
    of_key={
        'milepost__first_step': 'min(milepost__step)',
        'milepost__last_step': 'max(milepost__step)',
        'milepost__event_count': 'count(*)',
    },
) }}

milepost__totals as (

    select
        {{ (keys + columns | list) | join(',\n        ') }},
        {{ end }} - milepost__first_step
        <= {{ 4 * plan.offsets | length }} * milepost__event_count as milepost__is_dense
        {%- for column in plan.totals %},
        {{ column }}
        {%- endfor %}
    from milepost__totals_of_events
    -- Of events at one step the last has the totals of all.
    where coalesce(milepost__next_step > milepost__step, true)

),
{%- endmacro %}
