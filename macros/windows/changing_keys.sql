{#
    CTEs of the facts of a batch whose keys have a row in it: one of their facts enters or leaves a window there. Most
    keys of sparse facts have none.

    plan: as `window_plan` gives it.
#}
{% macro changing_keys(plan, keys) -%}
{%- set break = '\n        ' if keys | length > 1 else ' ' -%}
{%- set listed_keys = break ~ keys | join(',' ~ break) -%}
milepost__changing_keys as (

    select distinct {{- listed_keys }}
    from (
    {%- for facts in plan.facts %}
        {%- set steps = [] %}
        {%- for series in facts.series %}
            {%- do steps.extend(milepost.stay(series).values()) %}
        {%- endfor %}
        select {{- listed_keys | indent }}
        from milepost__known_{{ facts.label }}
        where
            {%- for step in steps | unique %}
            {{ 'or ' if not loop.first }}{{ step }} between {{ plan.steps.opening + 1 }} and {{ plan.steps.end - 1 }}
            {%- endfor %}
        {{- '\n        union all' if not loop.last }}
    {%- endfor %}
    ) as milepost__changing_facts

),
{%- for facts in plan.facts %}

milepost__counted_{{ facts.label }} as (

    select milepost__known_{{ facts.label }}.*
    from milepost__known_{{ facts.label }}
    inner join milepost__changing_keys
        on
            {{ milepost.is_same_key('milepost__known_' ~ facts.label, 'milepost__changing_keys', keys) | indent(8) }}

),
{%- endfor %}
{%- endmacro %}
