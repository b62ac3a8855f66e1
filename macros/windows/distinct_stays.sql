{#
    When each distinct value is in the window of a series: the stays of the facts that have it, each
    without what an earlier one of the same value covers, so that a value counts once at a time.
#}
{% macro distinct_stays(series, column, keys, opening) -%}
{%- set stay = milepost.stay(series) -%}
{%- set key_list = keys | join(', ') -%}
{{ series.name }}_{{ column }}_stays as (

    select
        {{ keys | join(',\n        ') }},
        greatest(enters_at, coalesce(covered_to, enters_at)) as enters_at,
        leaves_at
    from (
        select
            {{ keys | join(',\n            ') }},
            enters_at,
            leaves_at,
            max(leaves_at) over (
                partition by {{ key_list }}, {{ column }}
                order by enters_at
                rows between unbounded preceding and 1 preceding
            ) as covered_to
        from (
            select
                {{ keys | join(',\n                ') }},
                {{ column }},
                {{ stay.enters_at }} as enters_at,
                max({{ stay.leaves_at }}) as leaves_at
            from {{ series.facts }}_counted
            where
                {{ column }} is not null
                and {{ stay.leaves_at }} > {{ stay.enters_at }}
                {%- if opening %}
                and {{ stay.leaves_at }} > {{ opening }}
                {%- endif %}
            group by {{ key_list }}, {{ column }}, {{ stay.enters_at }}
        ) as stays_of_a_value
    ) as stays_in_order
    where
        covered_to is null
        or leaves_at > covered_to

),
{%- endmacro %}
