{#
    Facts to select from, in SQL, with the values that features add where all of a fact are short, and the squares of
    those of which a standard deviation is asked. Where one is not, `milepost__long_fact` has the values of the fact
    instead, for `facts_with_numbers` to add: a column that adds both would take the time of the longer for each fact.
    Where all are long, a build in full takes three times as long.

    Short is what has 17 digits; where it is squared 14, of which 10^9 squares add up to 37. With up to two decimals it is
    less then, so that each square is short: 9 million dollars in cents.

    source: the CTE of the facts.
    features: those whose values are added.
#}
{% macro facts_with_short_numbers(source, features) -%}
{%- set numbers, columns, values = milepost.added_numbers(features), {}, {} -%}
{%- for number in numbers -%}
    {%- set decimals = number.feature.decimals -%}
    {%- do columns.update({number.number: number.short}) -%}
    {%- if number.is_squared -%}
        {%- set low = milepost.measure_name({'kind': 'low' ~ decimals, 'column': number.feature.value}) -%}
        {%- do columns.update({low: milepost.short_square(number.short, decimals)}) -%}
        {%- if decimals <= 2 -%}{%- do columns.update({low: number.short ~ ' * ' ~ number.short}) -%}{%- endif -%}
    {%- endif -%}
    {%- do values.update({milepost.measure_name({'kind': 'value', 'column': number.feature.value}): number.feature.value}) -%}
{%- endfor -%}
{%- if not numbers -%}
{{ source }}
{%- else -%}
(
    select
        *
        {%- for column, sql in columns.items() %},
        case when milepost__long_fact is null then {{ sql }} end as {{ column }}
        {%- endfor %}
    from (
        select
            *,
            case
                when
                    {%- for number in numbers %}
                    {{ 'or ' if not loop.first }}({{ number.feature.value }} is not null and {{ number.short }} is null)
                    {%- endfor %}
                    then {{ milepost.struct_of(values) }}
            end as milepost__long_fact
        from (
            select
                *
                {%- for column, value in values.items() %},
                {{ value }} as {{ column }}
                {%- endfor %}
                {%- for number in numbers %},
                {{ milepost.short_number(number.feature, milepost.short_limit(number)) }} as {{ number.short }}
                {%- endfor %}
            from {{ source }}
        ) as milepost__with_short_numbers
    ) as milepost__with_long_facts
) as milepost__facts
{%- endif -%}
{%- endmacro %}

{#
    What a short value is below, in SQL.

    number: as `added_numbers` gives it.
#}
{% macro short_limit(number) %}
    {% set decimals = number.feature.decimals %}
    {{ return('9e' ~ (8 - decimals) if number.is_squared and decimals <= 2 else '1e' ~ ((14 if number.is_squared else 17) - decimals)) }}
{% endmacro %}
