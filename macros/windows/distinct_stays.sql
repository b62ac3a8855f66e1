{#
    When distinct values are in the windows of some series, which differ in their reach alone: a value
    is in while one of its facts is, so that its facts make islands. `begins_<reach>` says how many
    values come in at `enters_at`; those of `islands` go at `ends_<reach>`.
#}
{% macro distinct_stays(name, all_series, column, keys, steps, source) -%}
{%- set key_list = keys | join(', ') -%}
{%- set reaches = all_series | map(attribute='reach') | unique | list -%}
{{ name }}_stays as (

    select
        {{ keys | join(',\n        ') }},
        {{ column }},
        {{ milepost.stay(all_series[0], steps).enters_at }} as enters_at
        {%- for series in all_series | unique(attribute='reach') %},
        max({{ milepost.stay(series, steps).leaves_at }}) as leaves_{{ series.reach }}
        {%- endfor %}
    from {{ source }}
    where
        {{ column }} is not null
        {%- if source.endswith('_in_order') %}
        and {{ column }}_corrections > 0
        {%- endif %}
        {%- if all_series[0].back %}
        and coalesce(superseded_from > enters_at + {{ all_series[0].back }}, true)
        {%- endif %}
    group by {{ range(1, keys | length + 3) | join(', ') }}

),

{{ name }}_in_order as (

    select
        *,
        lead(enters_at) over (partition by {{ key_list }}, {{ column }} order by enters_at) as next_enters_at
        {%- for reach in reaches %},
        max(leaves_{{ reach }}) over before as covered_{{ reach }}
        {%- endfor %}
    from {{ name }}_stays
    window before as (
        partition by {{ key_list }}, {{ column }}
        order by enters_at
        rows between unbounded preceding and 1 preceding
    )

),

{{ name }} as (

    select
        {{ keys | join(',\n        ') }},
        enters_at
        {%- for reach in reaches %},
        case
            when greatest(leaves_{{ reach }}, covered_{{ reach }}) > enters_at
                and coalesce(next_enters_at > greatest(leaves_{{ reach }}, covered_{{ reach }}), true)
                then greatest(leaves_{{ reach }}, covered_{{ reach }})
        end as ends_{{ reach }}
        {%- endfor %},
        count(*) as islands
        {%- for reach in reaches %},
        count(
            case when leaves_{{ reach }} > enters_at and coalesce(covered_{{ reach }} < enters_at, true) then 1 end
        ) as begins_{{ reach }}
        {%- endfor %}
    from {{ name }}_in_order
    group by {{ range(1, keys | length + reaches | length + 2) | join(', ') }}

),
{%- endmacro %}
