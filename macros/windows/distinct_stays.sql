{#
    CTEs of when distinct values are in the windows of some series, which differ in their reach alone: a
    value is in while one of its facts is, so that its facts make islands. `milepost__begins_<reach>`
    says how many values come in at `milepost__enters_step`; those of `milepost__islands` go at
    `milepost__ends_<reach>_step`.

    distinct, group: as `window_plan` gives them.
    steps: as `batch_steps` gives them.
#}
{% macro distinct_stays(distinct, group, keys, steps) -%}
{%- set name, column = distinct.name, distinct.column -%}
{%- set back = distinct.series[0].back -%}
{%- set reaches = distinct.series | map(attribute='reach') | unique | list -%}
milepost__value_stays_{{ name }} as (

    select
        {{ keys | join(',\n        ') }},
        {{ column }},
        {{ milepost.stay(distinct.series[0], steps).enters_step }} as milepost__enters_step
        {%- for series in distinct.series | unique(attribute='reach') %},
        max({{ milepost.stay(series, steps).leaves_step }}) as milepost__leaves_{{ series.reach }}_step
        {%- endfor %}
    from {{ ('milepost__in_order_' if group.only_superseded else 'milepost__counted_') ~ group.label }}
    where
        {{ column }} is not null
        {%- if group.only_superseded %}
        and milepost__corrections_{{ column }} > 0
        {%- endif %}
        {%- if back %}
        and coalesce(milepost__superseded_step > milepost__enters_step + {{ back }}, true)
        {%- endif %}
    group by {{ range(1, keys | length + 3) | join(', ') }}

),

milepost__value_order_{{ name }} as (

    select
        *,
        lead(milepost__enters_step)
            over (partition by {{ keys | join(', ') }}, {{ column }} order by milepost__enters_step)
            as milepost__next_enters_step
        {%- for reach in reaches %},
        max(milepost__leaves_{{ reach }}_step) over milepost__before as milepost__covered_{{ reach }}_step
        {%- endfor %}
    from milepost__value_stays_{{ name }}
    window milepost__before as (
        partition by {{ keys | join(', ') }}, {{ column }}
        order by milepost__enters_step
        rows between unbounded preceding and 1 preceding
    )

),

milepost__values_{{ name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__enters_step
        {%- for reach in reaches %},
        {%- set ends_step = 'greatest(milepost__leaves_' ~ reach ~ '_step, milepost__covered_' ~ reach ~ '_step)' %}
        case
            when {{ ends_step }} > milepost__enters_step
                and coalesce(milepost__next_enters_step > {{ ends_step }}, true)
                then {{ ends_step }}
        end as milepost__ends_{{ reach }}_step
        {%- endfor %},
        count(*) as milepost__islands
        {%- for reach in reaches %},
        count(
            case
                when milepost__leaves_{{ reach }}_step > milepost__enters_step
                    and coalesce(milepost__covered_{{ reach }}_step < milepost__enters_step, true)
                    then 1
            end
        ) as milepost__begins_{{ reach }}
        {%- endfor %}
    from milepost__value_order_{{ name }}
    group by {{ range(1, keys | length + reaches | length + 2) | join(', ') }}

),
{%- endmacro %}
