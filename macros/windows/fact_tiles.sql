{#
    A CTE of the tiles of a facts relation: what its facts add up to, for each key, grid step at which they enter, and
    grid step at which they are superseded, which is null where they stand. What stands leaves a window a fixed number
    of steps later, so that what is in a window is the running total of these tiles less that total as it was before
    the window. A batch makes no totals: its tiles change windows where they enter and leave them, see `fact_stays`, and
    facts are one tile where no grid step of the batch tells them apart, see `tile_step`.

    Distinct values come and go with the first and the last of their facts; a value with a superseded
    fact is left to `distinct_stays`, and so is each value where there are no totals.

    facts: as `window_plan` gives them.
    steps: as `batch_steps` gives them.
#}
{% macro fact_tiles(facts, keys, grid, steps) -%}
{%- set distincts = facts.tiled_series | selectattr('is_totalled') | map(attribute='distincts') | sum(start=[]) | unique | list -%}
{%- set source = ('milepost__in_order_' if distincts else 'milepost__counted_') ~ facts.label -%}
{%- set features = facts.tiled_series | map(attribute='features') | sum(start=[]) | selectattr('is_summed') | list -%}
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
        {{ milepost.tile_step(facts, grid, steps) }},
        {{ milepost.superseded_tile_step(steps) }}
        {%- for column, sql in facts.tiles.items() if not column.startswith('milepost__high') %},
        {{ sql }} as {{ column }}
        {%- endfor %}
        {%- if milepost.added_numbers(features) %},
        {{ milepost.listed('milepost__long_fact') }} as milepost__long_facts
        {%- endif %}
        {%- if not facts.is_totalled %},
        count(*) as milepost__fact_count
        {%- endif %}
    from {{ milepost.facts_with_short_numbers(source, features) | indent }}
    group by {{ range(1, keys | length + 3) | join(', ') }}

),
{%- endmacro %}
