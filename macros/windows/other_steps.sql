{#
    A CTE of the grid steps of keys that are not dense at which they have no event and a window changes nevertheless: a
    tile enters one that is set back, or leaves one.

    plan: as `window_plan` gives it.
#}
{% macro other_steps(plan, keys) -%}
-- Where nothing enters and something leaves.
milepost__other_steps as (

    select distinct
        milepost__leaving.{{ keys | join(',\n        milepost__leaving.') }},
        milepost__leaving.milepost__step
    from (
        {%- for facts in plan.facts if facts.is_totalled %}{% set last = loop.last %}{% for offset in facts.offsets %}
        select
            {{ keys | join(',\n            ') }},
            milepost__step + {{ offset }} as milepost__step
        from milepost__totals
        where
            not milepost__is_dense
            and milepost__entry_{{ facts.label }}_step = milepost__step
        {{- '\n        union all' if not (last and loop.last) }}
        {%- endfor %}{% endfor %}
    ) as milepost__leaving
    left join milepost__totals
        on
            {{ milepost.is_same_key('milepost__leaving', 'milepost__totals', keys) | indent(8) }}
            and milepost__leaving.milepost__step = milepost__totals.milepost__step
    where
        milepost__totals.milepost__step is null
        {%- if plan.steps.end is not none %}
        and milepost__leaving.milepost__step < {{ plan.steps.end }}
        {%- endif %}

),
{%- endmacro %}
