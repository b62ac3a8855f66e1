{#
    When distinct values are in the windows of some series, which differ in their reach alone: a value
    is in while one of its facts is, so that its facts make islands. `milepost__begins_<reach>` says how
    many values come in at `milepost__enters_at`; those of `milepost__islands` go at
    `milepost__ends_<reach>`.
#}
{% macro distinct_stays(name, all_series, column, keys, steps, source) -%}
{%- set key_list = keys | join(', ') -%}
{%- set reaches = all_series | map(attribute='reach') | unique | list -%}
milepost__value_stays_{{ name }} as (

    select
        {{ keys | join(',\n        ') }},
        {{ column }},
        {{ milepost.stay(all_series[0], steps).enters_at }} as milepost__enters_at
        {%- for series in all_series | unique(attribute='reach') %},
        max({{ milepost.stay(series, steps).leaves_at }}) as milepost__leaves_{{ series.reach }}
        {%- endfor %}
    from {{ source }}
    where
        {{ column }} is not null
        {%- if source.startswith('milepost__in_order_') %}
        and milepost__corrections_{{ column }} > 0
        {%- endif %}
        {%- if all_series[0].back %}
        and coalesce(milepost__superseded_from > milepost__enters_at + {{ all_series[0].back }}, true)
        {%- endif %}
    group by {{ range(1, keys | length + 3) | join(', ') }}

),

milepost__value_order_{{ name }} as (

    select
        *,
        lead(milepost__enters_at)
            over (partition by {{ key_list }}, {{ column }} order by milepost__enters_at)
            as milepost__next_enters_at
        {%- for reach in reaches %},
        max(milepost__leaves_{{ reach }}) over milepost__before as milepost__covered_{{ reach }}
        {%- endfor %}
    from milepost__value_stays_{{ name }}
    window milepost__before as (
        partition by {{ key_list }}, {{ column }}
        order by milepost__enters_at
        rows between unbounded preceding and 1 preceding
    )

),

milepost__values_{{ name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__enters_at
        {%- for reach in reaches %},
        {%- set ends = 'greatest(milepost__leaves_' ~ reach ~ ', milepost__covered_' ~ reach ~ ')' %}
        case
            when {{ ends }} > milepost__enters_at
                and coalesce(milepost__next_enters_at > {{ ends }}, true)
                then {{ ends }}
        end as milepost__ends_{{ reach }}
        {%- endfor %},
        count(*) as milepost__islands
        {%- for reach in reaches %},
        count(
            case
                when milepost__leaves_{{ reach }} > milepost__enters_at
                    and coalesce(milepost__covered_{{ reach }} < milepost__enters_at, true)
                    then 1
            end
        ) as milepost__begins_{{ reach }}
        {%- endfor %}
    from milepost__value_order_{{ name }}
    group by {{ range(1, keys | length + reaches | length + 2) | join(', ') }}

),
{%- endmacro %}
