{#
    A CTE to select from, in SQL, with sum and sum of squares as DOUBLE, once for each standard deviation
    of its features: what `stddev_of` reads beside the measures.

    source: the CTE.
    features: as `parse_features` gives them.
#}
{% macro with_squares(source, features) -%}
{%- set squares = {} -%}
{%- for feature in features if feature.aggregate == 'stddev' -%}
    {%- set names = {'unit': '1e' ~ (24 - 2 * feature.decimals)} -%}
    {%- for kind in ['sum', 'low', 'high', 'total', 'squares'] -%}
        {%- do names.update({kind: milepost.measure_name({'kind': kind ~ feature.decimals, 'column': feature.value}, feature.series)}) -%}
    {%- endfor -%}
    {%- do squares.update({names.squares: names}) -%}
{%- endfor -%}
{%- if not squares -%}
{{ source }}
{%- else -%}
(
    select
        *
        {%- for names in squares.values() %},
        cast({{ names.sum }} as double) as {{ names.total }},
        cast({{ names.high }} as double) * {{ names.unit }} + cast({{ names.low }} as double) as {{ names.squares }}
        {%- endfor %}
    from {{ source }}
) as {{ source }}
{%- endif -%}
{%- endmacro %}
