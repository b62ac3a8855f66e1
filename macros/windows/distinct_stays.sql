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
{%- set stays, of_value = 'milepost__value_stays_' ~ name, [] -%}
{%- for part in keys + [column] -%}{%- do of_value.append(stays ~ '.' ~ part) -%}{%- endfor -%}
{{ stays }} as (

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

{%- if steps.opening is not none %}

-- A batch compares the stays of those values alone of which a fact enters in it: others have one, from its opening on.
milepost__entering_{{ name }} as (

    select distinct
        {{ keys | join(',\n        ') }},
        {{ column }}
    from milepost__value_stays_{{ name }}
    where milepost__enters_step > {{ steps.opening }}

),
{%- endif %}

milepost__value_order_{{ name }} as (

    {% if steps.opening is not none -%}
    {#- First, as Sail 0.7 reads no `union` after a `window`. -#}
    select
        {{ stays }}.*,
        cast(null as integer) as milepost__next_enters_step
        {%- for reach in reaches %},
        cast(null as integer) as milepost__covered_{{ reach }}_step
        {%- endfor %}
    from {{ stays }}
    left join milepost__entering_{{ name }}
        on
            {{ milepost.is_same_key(stays, 'milepost__entering_' ~ name, keys + [column]) | indent(8) }}
    where milepost__entering_{{ name }}.{{ column }} is null

    union all

    {% endif -%}
    select
        {{ stays }}.*,
        lead({{ stays }}.milepost__enters_step)
            over (partition by {{ of_value | join(', ') }} order by {{ stays }}.milepost__enters_step)
            as milepost__next_enters_step
        {%- for reach in reaches %},
        max({{ stays }}.milepost__leaves_{{ reach }}_step) over milepost__before as milepost__covered_{{ reach }}_step
        {%- endfor %}
    from {{ stays }}
    {%- if steps.opening is not none %}
    inner join milepost__entering_{{ name }}
        on
            {{ milepost.is_same_key(stays, 'milepost__entering_' ~ name, keys + [column]) | indent(8) }}
    {%- endif %}
    window milepost__before as (
        partition by {{ of_value | join(', ') }}
        order by {{ stays }}.milepost__enters_step
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
