{#
    A CTE of the tiles of a facts relation: what its facts add up to, for each key, grid step at which they enter, and
    grid step at which they are superseded, which is null where they stand. What stands leaves a window a fixed number
    of steps later, so that what is in a window is the running total of these tiles less that total as it was before
    the window.

    Distinct values come and go with the first and the last of their facts; a value with a superseded
    fact is left to `distinct_stays`.

    facts: as `window_plan` gives them.
#}
{% macro fact_tiles(facts, keys) -%}
{%- set totalled = facts.series | selectattr('is_totalled') | list -%}
{%- set distincts = totalled | map(attribute='distincts') | sum(start=[]) | unique | list -%}
{%- set source = ('milepost__in_order_' if distincts else 'milepost__counted_') ~ facts.label -%}
{%- set features = totalled | map(attribute='features') | sum(start=[]) | selectattr('is_summed') | list -%}
{%- if distincts -%}
milepost__in_order_{{ facts.label }} as (

    select
        *
        {%- for column in distincts %},
        lag(milepost__enters_step)
            over (partition by {{ keys | join(', ') }}, {{ column }} order by milepost__enters_step)
            as milepost__before_{{ column }}_step,
        lead(milepost__enters_step)
            over (partition by {{ keys | join(', ') }}, {{ column }} order by milepost__enters_step)
            as milepost__after_{{ column }}_step,
        count(milepost__superseded_step)
            over (partition by {{ keys | join(', ') }}, {{ column }})
            as milepost__corrections_{{ column }}
        {%- endfor %}
    from milepost__counted_{{ facts.label }}

),

{% endif -%}
milepost__tiles_{{ facts.label }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__enters_step,
        milepost__superseded_step
        {%- for column, sql in facts.tiles.items() if not column.startswith('milepost__high') %},
        {{ sql }} as {{ column }}
        {%- endfor %}
        {%- if milepost.added_numbers(features) %},
        {{ milepost.listed('milepost__long_fact') }} as milepost__long_facts
        {%- endif %}
    from {{ milepost.facts_with_short_numbers(source, features) | indent }}
    group by {{ range(1, keys | length + 3) | join(', ') }}

),
{%- endmacro %}
