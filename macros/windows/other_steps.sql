{#
    A CTE of the keys and grid steps at which no fact enters and a window changes nevertheless: a tile enters one
    that is set back, or leaves one, or a balance changes.

    plan: as `window_plan` gives it.
#}
{% macro other_steps(plan, keys) -%}
-- Where nothing enters and something leaves.
milepost__other_steps as (

    select distinct
        milepost__leaving.{{ keys | join(',\n        milepost__leaving.') }},
        milepost__leaving.milepost__step
    from (
        {%- for facts in plan.facts %}{% for offset in facts.offsets %}
        select
            {{ keys | join(',\n            ') }},
            milepost__enters_step + {{ offset }} as milepost__step
        from milepost__tiles_{{ facts.label }}
        union all
        {%- endfor %}{% endfor %}
        select
            {{ keys | join(',\n            ') }},
            milepost__step
        from milepost__balances
    ) as milepost__leaving
    left join milepost__entries
        on
            {{ milepost.is_same_key('milepost__leaving', 'milepost__entries', keys) | indent(8) }}
            and milepost__leaving.milepost__step = milepost__entries.milepost__enters_step
    where
        milepost__entries.milepost__enters_step is null
        {%- if plan.steps.end is not none %}
        and milepost__leaving.milepost__step < {{ plan.steps.end }}
        {%- endif %}

),
{%- endmacro %}
