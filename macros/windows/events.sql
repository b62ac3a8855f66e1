{#
    A CTE of the events: for each key and grid step at which facts enter, the tile of each facts relation, and one
    more row where a balance changes. A tile without a value adds zero.

    plan: as `window_plan` gives it.
#}
{% macro events(plan, keys) -%}
{%- set totalled = plan.facts | selectattr('is_totalled') | list -%}
{%- set no_step = milepost.typed('null', 'step') -%}
-- Where facts enter, and where a balance changes.
milepost__events as (
{% for facts in totalled %}
    select
        {{ keys | join(',\n        ') }},
        milepost__enters_step as milepost__step,
        {%- for other in totalled %}
        {{ 'milepost__enters_step' if other.label == facts.label else no_step }} as milepost__entry_{{ other.label }}_step,
        {%- endfor %}
        {{ no_step }} as milepost__balance_step
        {%- for column, total in plan.totals.items() %},
        {{ total.sql if total.label == facts.label else milepost.typed('0', column) }} as {{ column }}
        {%- endfor %}
    from milepost__tiles_{{ facts.label }}
    where milepost__superseded_step is null

    union all
{% endfor %}
    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        {%- for facts in totalled %}
        {{ no_step }} as milepost__entry_{{ facts.label }}_step,
        {%- endfor %}
        milepost__step as milepost__balance_step
        {%- for column in plan.totals %},
        {{ milepost.typed('0', column) }} as {{ column }}
        {%- endfor %}
    from milepost__changes_by_step

),
{%- endmacro %}
