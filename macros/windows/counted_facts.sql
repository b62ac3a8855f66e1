{#
    A CTE of the facts that a batch counts, with the grid steps at which they enter and are superseded. A
    fact that leaves at the first instant of the batch was known up to a grid step before the look-back. Facts
    that `standing` takes may have been known at any time before. It is `milepost__counted_...`, or `milepost__known_...` where
    `changing_keys` takes those of some keys.

    What is superseded at infinity stands, what closes at infinity stays open, and what opens there never
    does. A fact whose `known_at` is null or infinite is in no window.

    facts: as `window_plan` gives them.
    steps: the batch, as `batch_steps` gives it.
    has_changing_keys: whether `changing_keys` takes those of some keys.
#}
{% macro counted_facts(facts, keys, grid, batch, steps, has_changing_keys) -%}
{%- set windows = facts.series | map(attribute='window') | list -%}
{%- set columns = facts.series | map(attribute='columns') | sum(start=[]) -%}
{%- set features = facts.series | map(attribute='features') | sum(start=[]) -%}
{%- if 'last' in windows or 'newest' in windows -%}
    {%- do columns.extend(['event_at', 'known_at']) -%}
{%- endif -%}
{%- set enters_step = milepost.grid_step('known_at', grid) -%}
{%- set superseded_step = milepost.grid_step('superseded_at', grid) -%}
{%- set known_from %}cast('{{ batch.start }}' as timestamp)
        - interval '{{ facts.series | map(attribute='look_back_hours') | max }}' hour
        - interval '1' {{ grid }}
{%- endset -%}
milepost__{{ 'known_' if has_changing_keys else 'counted_' }}{{ facts.label }} as (

    select
        {%- for column in (keys + columns) | unique %}
        {{ milepost.value_of_kind(column, features) }},
        {%- endfor %}
        {{ enters_step }} as milepost__enters_step,
        {{ superseded_step }} as milepost__superseded_step
        {%- if facts.has_instants %},
        cast(known_at as timestamp) as milepost__known_at
        {%- endif %}
        {%- if 'open' in windows %},
        {{ milepost.grid_step('opens_at', grid) }} as milepost__opens_step,
        case
            when
                closes_at < known_at
                or (opens_at > known_at and {{ milepost.grid_step('opens_at', grid) }} is null)
                then {{ enters_step }}
            else {{ milepost.grid_step('closes_at', grid) }}
        end as milepost__closes_step
        {%- endif %}
    {%- if keys == ['milepost__all'] %}
    from (
        select
            *,
            true as milepost__all
        from {{ facts.relation }}
    ) as milepost__facts_of_all
    {%- else %}
    from {{ facts.relation }}
    {%- endif %}
    where
        {{ keys | join(' is not null\n        and ') }} is not null
        and {{ milepost.is_before_step('known_at', steps.end, grid) }}
        and (
            superseded_at is null
            or coalesce({{ superseded_step }} > {{ enters_step }}, superseded_at > known_at)
        )
        {%- if batch.start and 'standing' in windows %}
        and (
            known_at >= {{ known_from }}
            or superseded_at is null
            or superseded_at >= {{ known_from }}
        )
        {%- elif batch.start %}
        and known_at >= {{ known_from }}
        {%- endif %}
        {%- if batch.end %}
        and known_at < cast('{{ batch.end }}' as timestamp)
        {%- endif %}

),
{%- endmacro %}
