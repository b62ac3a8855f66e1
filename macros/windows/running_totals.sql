{#
    A CTE of the totals: for each key and grid step at which a window changes, the sum of all tiles up to it.

    plan: as `window_plan` gives it.
#}
{% macro running_totals(plan, keys) -%}
{%- set columns = plan.facts | map(attribute='tiles') | map('list') | sum(start=[]) -%}
milepost__totals as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for column in columns %},
        {{ milepost.running_total(column) }} as {{ column }}
        {%- endfor %}
    from (
        select
            {{ keys | join(',\n            ') }},
            milepost__enters_step as milepost__step
            {%- for column in columns %},
            {{ column }}
            {%- endfor %}
        from milepost__entries
        {%- if plan.steps.end is not none %}
        where milepost__enters_step < {{ plan.steps.end }}
        {%- endif %}
        union all
        select
            {{ keys | join(',\n            ') }},
            milepost__step
            {%- for column in columns %},
            0 as {{ column }}
            {%- endfor %}
        from milepost__other_steps
    ) as milepost__steps
    {%- if columns %}
    window milepost__so_far as (
        partition by {{ keys | join(', ') }} order by milepost__step rows unbounded preceding
    )
    {%- endif %}

),
{%- endmacro %}
