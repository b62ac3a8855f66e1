{#
    CTEs of the facts of a batch whose keys may have a row in it: the steps at which a fact of theirs would enter or leave a
    window, is superseded, opens or closes, lie in the batch. Whether the fact is in the window then is not asked. Most
    keys of sparse facts have none.

    plan: as `window_plan` gives it.
#}
{% macro changing_keys(plan, keys) -%}
{%- set break = '\n        ' if keys | length > 1 else ' ' -%}
{%- set listed_keys = break ~ keys | join(',' ~ break) -%}
{%- set first, last = plan.steps.opening + 1, plan.steps.end - 1 -%}
milepost__changing_keys as (

    select distinct {{- listed_keys }}
    from (
    {%- for facts in plan.facts %}
        {%- set steps = ['milepost__superseded_step'] %}
        {%- for series in facts.series if series.window == 'open' %}
            {%- do steps.extend(['milepost__opens_step', 'milepost__closes_step']) %}
        {%- endfor %}
        {%- set offsets = [0] %}
        {%- for series in facts.series if series.window != 'standing' %}
            {%- do offsets.extend([series.back, series.reach]) %}
        {%- endfor %}
        select {{- listed_keys | indent }}
        from milepost__known_{{ facts.label }}
        where
            {%- for offset in offsets | unique | sort %}
            {{ 'or ' if not loop.first }}milepost__enters_step between {{ first - offset }} and {{ last - offset }}
            {%- endfor %}
            {%- for step in steps | unique %}
            or {{ step }} between {{ first }} and {{ last }}
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
