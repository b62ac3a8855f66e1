{#
    The facts that a batch counts, with the grid instants at which they enter and are superseded; and
    their tiles, which sum those that enter and leave together. A fact that leaves at the first
    instant of the batch was known up to a grid step before the look-back.
#}
{% macro counted_facts(facts, all_series, keys, grid, batch) -%}
{%- set columns = [] -%}
{%- set measures = {} -%}
{%- for series in all_series -%}
    {%- do columns.extend(series.columns) -%}
    {%- for measure in series.measures -%}{%- do measures.update({measure.name: measure.sql}) -%}{%- endfor -%}
{%- endfor -%}
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
        date_trunc('{{ grid }}', {{ instant }}) + interval '1' {{ grid }} as {{ name }}
        {%- endfor %}
    from {{ facts }}
    where
        {{ keys | join(' is not null\n        and ') }} is not null
        {%- if batch.start %}
        and known_at >= cast('{{ batch.start }}' as timestamp)
        - interval '{{ all_series | map(attribute='look_back_hours') | max }}' hour
        - interval '1' {{ grid }}
        {%- endif %}
        {%- if batch.end %}
        and known_at < cast('{{ batch.end }}' as timestamp)
        {%- endif %}

),

{{ facts }}_tiles as (

    select
        {{ (keys + instants.keys() | list) | join(',\n        ') }}
        {%- for name, sql in measures.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
    from {{ facts }}_counted
    group by {{ (keys + instants.keys() | list) | join(', ') }}

),
{%- endmacro %}
