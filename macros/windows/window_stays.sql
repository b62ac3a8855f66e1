{# The stays of a series' tiles, from the opening of the batch on. #}
{% macro window_stays(series, keys, opening) -%}
{%- set stay = milepost.stay(series) -%}
{{ series.name }}_stays as (

    select
        {{ keys | join(',\n        ') }},
        {{ stay.enters_at }} as enters_at,
        {{ stay.leaves_at }} as leaves_at
        {%- for measure in series.measures %},
        {{ measure.name }}
        {%- endfor %}
    from {{ series.facts }}_tiles
    where
        {{ stay.leaves_at }} > {{ stay.enters_at }}
        {%- if opening %}
        and {{ stay.leaves_at }} > {{ opening }}
        {%- endif %}

),
{%- endmacro %}
