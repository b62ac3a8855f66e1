{#
    A CTE to select from, in SQL, with each sum that its features read as DOUBLE, and for a standard deviation the sum
    of squares: once, as engines take long to make one of a DECIMAL.

    source: the CTE.
    features: as `parse_features` gives them.
#}
{% macro with_doubles(source, features) -%}
{%- set doubles = {} -%}
{%- for feature in features if feature.aggregate == 'stddev' or (feature.is_summed and feature.aggregate in ['sum', 'mean']) -%}
    {%- set names = {} -%}
    {%- for kind in ['sum', 'low', 'high', 'double', 'squares'] -%}
        {%- do names.update({kind: milepost.measure_name({'kind': kind ~ feature.decimals, 'column': feature.value}, feature.series)}) -%}
    {%- endfor -%}
    {%- do doubles.update({names.double: 'cast(' ~ names.sum ~ ' as double)'}) -%}
    {%- if feature.aggregate == 'stddev' -%}
        {%- set low = 'cast(' ~ names.low ~ ' as double)' -%}
        {%- do doubles.update({names.squares:
            'case when ' ~ names.high ~ ' <> 0 then cast(' ~ names.high ~ ' as double) * 1e' ~ (24 - 2 * feature.decimals)
            ~ ' + ' ~ low ~ ' else ' ~ low ~ ' end'
        }) -%}
    {%- endif -%}
{%- endfor -%}
{%- if not doubles -%}
{{ source }}
{%- else -%}
(
    select
        *
        {%- for column, sql in doubles.items() %},
        {{ sql }} as {{ column }}
        {%- endfor %}
    from {{ source }}
) as {{ source }}
{%- endif -%}
{%- endmacro %}
