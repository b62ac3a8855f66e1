{#
    CTEs of the dense keys: their totals at each grid step from the first event to the end of the longest window
    after the last, and beside them those of some rows, which are as many steps, before.

    plan: as `window_plan` gives it.
#}
{% macro each_step(plan, keys) -%}
{%- set totalled = plan.facts | selectattr('is_totalled') | list -%}
{%- set end = 'milepost__step + ' ~ (plan.longest + 1) -%}
{%- if plan.steps.end is not none -%}{%- set end = 'least(' ~ end ~ ', ' ~ plan.steps.end ~ ')' -%}{%- endif -%}
milepost__each_step as (

    select
        {{ keys | join(',\n        ') }},
        {{ milepost.each_number('milepost__step', 'coalesce(milepost__next_step, ' ~ end ~ ')') }} as milepost__step,
        {%- for facts in totalled %}
        milepost__entry_{{ facts.label }}_step,
        {%- endfor %}
        milepost__balance_step
        {%- for column in plan.totals %},
        {{ column }}
        {%- endfor %}
    from milepost__totals
    where milepost__is_dense

),

milepost__each_step_then_and_now as (

    select
        *
        {%- for facts in totalled %}{% for offset in facts.offsets %},
        lag(milepost__entry_{{ facts.label }}_step, {{ offset }})
            over milepost__of_key
            as {{ milepost.name_before('milepost__entry_' ~ facts.label ~ '_step', offset) }}
        {%- endfor %}{% endfor %}
        {%- for offset, columns in plan.read_before | dictsort %}{% for column in columns %},
        lag({{ column }}, {{ offset }}) over milepost__of_key as {{ milepost.name_before(column, offset) }}
        {%- endfor %}{% endfor %}
    from milepost__each_step
    window milepost__of_key as (partition by {{ keys | join(', ') }} order by milepost__step)

),
{%- endmacro %}
