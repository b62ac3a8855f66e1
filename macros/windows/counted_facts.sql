{#
    The facts that a batch counts, with the grid steps at which they enter and are superseded. A fact
    that leaves at the first instant of the batch was known up to a grid step before the look-back.
#}
{% macro counted_facts(facts, all_series, keys, grid, batch) -%}
{%- set columns = [] -%}
{%- for series in all_series -%}{%- do columns.extend(series.columns) -%}{%- endfor -%}
{%- set windows = all_series | map(attribute='window') | list -%}
{%- if 'last' in windows or 'newest' in windows -%}
    {%- do columns.extend(['event_at', 'known_at']) -%}
{%- endif -%}
{%- set instants = {'enters_at': 'known_at', 'superseded_from': 'superseded_at'} -%}
{%- if 'open' in windows -%}
    {%- do instants.update({'opens_from': 'opens_at', 'closes_from': 'closes_at'}) -%}
{%- endif -%}
{{ facts }}_counted as (

    select
        {{ (keys + columns) | unique | join(',\n        ') }}
        {%- for name, instant in instants.items() %},
        {{ milepost.grid_step(instant, grid) }} as {{ name }}
        {%- endfor %}
    from {{ facts }}
    where
        {{ keys | join(' is not null\n        and ') }} is not null
        and (
            superseded_at is null
            or {{ milepost.grid_step('superseded_at', grid) }} > {{ milepost.grid_step('known_at', grid) }}
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
