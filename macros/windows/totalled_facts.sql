{#
    The facts that stay in their windows to the end, one tile for each key and grid step at which some
    enter. They leave a window a fixed number of steps later: what is in it is the running total of
    the tiles less that total as it was before the window.

    Distinct values come and go with the first and the last of their facts; a value with a superseded
    fact is left to `distinct_stays`.

    measures: `{name: sql}` of each tile, as `totalled_measures` gives them.
#}
{% macro totalled_facts(facts, distincts, measures, keys) -%}
{%- set key_list = keys | join(', ') -%}
{%- if distincts -%}
{{ facts }}_in_order as (

    select
        *
        {%- for column in distincts %},
        lag(enters_at) over (partition by {{ key_list }}, {{ column }} order by enters_at) as {{ column }}_before,
        lead(enters_at) over (partition by {{ key_list }}, {{ column }} order by enters_at) as {{ column }}_after,
        count(superseded_from) over (partition by {{ key_list }}, {{ column }}) as {{ column }}_corrections
        {%- endfor %}
    from {{ facts }}_counted

),

{% endif -%}
{{ facts }}_tiles as (

    select
        {{ keys | join(',\n        ') }},
        enters_at
        {%- for name, sql in measures.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
    from {{ facts }}_{{ 'in_order' if distincts else 'counted' }}
    where superseded_from is null
    group by {{ range(1, keys | length + 2) | join(', ') }}

),
{%- endmacro %}
