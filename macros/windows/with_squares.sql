{#
    A CTE to select from, in SQL, with sum and sum of squares as DOUBLE, once for each standard deviation
    of its features: what `stddev_of` reads beside the measures.
#}
{% macro with_squares(source, features) -%}
{%- set squares = {} -%}
{%- for feature in features if feature.aggregate == 'stddev' -%}
    {%- set of = {'unit': '1e' ~ (24 - 2 * feature.decimals)} -%}
    {%- for kind in ['sum', 'low', 'high', 'total', 'squares'] -%}
        {%- do of.update({kind: milepost.measure_name({'kind': kind ~ feature.decimals, 'column': feature.value}, feature.series)}) -%}
    {%- endfor -%}
    {%- do squares.update({of.squares: of}) -%}
{%- endfor -%}
{%- if not squares -%}
{{ source }}
{%- else -%}
(
    select
        *
        {%- for of in squares.values() %},
        cast({{ of.sum }} as double) as {{ of.total }},
        cast({{ of.high }} as double) * {{ of.unit }} + cast({{ of.low }} as double) as {{ of.squares }}
        {%- endfor %}
    from {{ source }}
) as {{ source }}
{%- endif -%}
{%- endmacro %}
