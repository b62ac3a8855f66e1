{#
    The facts that stay in their windows to the end, one tile for each key and grid step at which some
    enter. They leave a window a fixed number of steps later: what is in it is the running total of
    the tiles less that total as it was before the window.

    Distinct values come and go with the first and the last of their facts; a value with a superseded
    fact is left to `distinct_stays`.

    all_series: those of the facts that are totalled.
    measures: `{name: sql}` of each tile, as `totalled_measures` gives them.
#}
{% macro totalled_facts(all_series, measures, keys) -%}
{%- set label = all_series[0].label -%}
{%- set key_list = keys | join(', ') -%}
{%- set distincts = all_series | map(attribute='distincts') | sum(start=[]) | unique | list -%}
{%- if distincts -%}
milepost__in_order_{{ label }} as (

    select
        *
        {%- for column in distincts %},
        lag(milepost__enters_at)
            over (partition by {{ key_list }}, {{ column }} order by milepost__enters_at)
            as milepost__before_{{ column }},
        lead(milepost__enters_at)
            over (partition by {{ key_list }}, {{ column }} order by milepost__enters_at)
            as milepost__after_{{ column }},
        count(milepost__superseded_from)
            over (partition by {{ key_list }}, {{ column }})
            as milepost__corrections_{{ column }}
        {%- endfor %}
    from milepost__counted_{{ label }}

),

{% endif -%}
milepost__tiles_{{ label }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__enters_at
        {%- for name, sql in measures.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
    from {{ milepost.facts_with_numbers(
        ('milepost__in_order_' if distincts else 'milepost__counted_') ~ label,
        all_series | map(attribute='features') | sum(start=[]) | selectattr('is_summed') | list
    ) }}
    where milepost__superseded_from is null
    group by {{ range(1, keys | length + 2) | join(', ') }}

),
{%- endmacro %}
