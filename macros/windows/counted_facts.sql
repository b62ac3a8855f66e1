{#
    The facts that a batch counts, with the grid steps at which they enter and are superseded. A fact
    that leaves at the first instant of the batch was known up to a grid step before the look-back.

    What is superseded at infinity stands, what closes at infinity stays open, and what opens there never
    does. A fact whose `known_at` is null or infinite is in no window.
#}
{% macro counted_facts(facts, all_series, keys, grid, batch) -%}
{%- set columns = [] -%}
{%- for series in all_series -%}{%- do columns.extend(series.columns) -%}{%- endfor -%}
{%- set windows = all_series | map(attribute='window') | list -%}
{%- if 'last' in windows or 'newest' in windows -%}
    {%- do columns.extend(['event_at', 'known_at']) -%}
{%- endif -%}
{%- set enters_at = milepost.grid_step('known_at', grid) -%}
{%- set superseded_from = milepost.grid_step('superseded_at', grid) -%}
milepost__counted_{{ all_series[0].label }} as (

    select
        {{ (keys + columns) | unique | join(',\n        ') }},
        {{ enters_at }} as milepost__enters_at,
        {{ superseded_from }} as milepost__superseded_from
        {%- if 'open' in windows %},
        {{ milepost.grid_step('opens_at', grid) }} as milepost__opens_from,
        case
            when
                closes_at < known_at
                or (opens_at > known_at and {{ milepost.grid_step('opens_at', grid) }} is null)
                then {{ enters_at }}
            else {{ milepost.grid_step('closes_at', grid) }}
        end as milepost__closes_from
        {%- endif %}
    from {{ facts }}
    where
        {{ keys | join(' is not null\n        and ') }} is not null
        and {{ enters_at }} is not null
        and coalesce(
            {{ superseded_from }} > {{ enters_at }},
            superseded_at is null or superseded_at > known_at
        )
        {%- if batch.start %}
        and known_at >= cast('{{ batch.start }}' as timestamp)
        - interval '{{ all_series | map(attribute='look_back_hours') | max }}' hour
        - interval '1' {{ grid }}
        {%- endif %}
        {%- if batch.end %}
        and known_at < cast('{{ batch.end }}' as timestamp)
        {%- endif %}

),
{%- endmacro %}
