{#
    A CTE of the keys that are not dense: their totals now and before, in a row for each step with events, and for each
    at which a tile enters a window that is set back, or leaves one. `milepost__before_<offset>` has the totals of so
    many grid steps earlier, `milepost__now` those of the step. Rows of one step are alike, and the next step of
    all but one is the step itself.

    Each tile that leaves brings the totals of the step at which it entered. So what was so many grid steps earlier is what
    the rows of this offset brought last. A RANGE frame that searches for it takes DuckDB a quarter longer, November 2026.

    plan: as `window_plan` gives it.
#}
{% macro totals_before(plan, keys) -%}
milepost__totals_then_and_now as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        lead(milepost__step) over milepost__so_far as milepost__next_step
        {%- if plan.columns %},
        {{ milepost.newest_value('milepost__balance_step') }} over milepost__so_far as milepost__balance_step
        {%- endif %}
        {%- if plan.totals %},
        {{ milepost.newest_value('case when milepost__offset = 0 then ' ~ milepost.struct_of(plan.totals) ~ ' end') }}
            over milepost__so_far as milepost__now
        {%- endif %}
        {%- for offset, columns in plan.read_before | dictsort %},
        {{ milepost.newest_value('case when milepost__offset = ' ~ offset ~ ' then ' ~ milepost.struct_of(columns) ~ ' end') }}
            over milepost__so_far as milepost__before_{{ offset }}
        {%- endfor %}
    from (
        select
            {{ keys | join(',\n            ') }},
            milepost__step
            {%- if plan.columns %},
            milepost__balance_step
            {%- endif %}
            {%- if plan.totals %},
            0 as milepost__offset
            {%- endif %}
            {%- for column in plan.totals %},
            {{ column }}
            {%- endfor %}
        from milepost__totals
        where not milepost__is_dense
        {%- for facts in plan.facts if facts.is_totalled %}{% for offset in facts.offsets %}
        union all
        select
            {{ keys | join(',\n            ') }},
            milepost__step + {{ offset }} as milepost__step
            {%- if plan.columns %},
            null as milepost__balance_step
            {%- endif %}
            {%- if plan.totals %},
            {{ offset }} as milepost__offset
            {%- endif %}
            {%- for column in plan.totals %},
            {{ column }}
            {%- endfor %}
        from milepost__totals
        where
            not milepost__is_dense
            and milepost__entry_{{ facts.label }}_step = milepost__step
            {%- if plan.steps.end is not none %}
            and milepost__step + {{ offset }} < {{ plan.steps.end }}
            {%- endif %}
        {%- endfor %}{% endfor %}
    ) as milepost__steps
    window milepost__so_far as (partition by {{ keys | join(', ') }} order by milepost__step)

),
{%- endmacro %}
