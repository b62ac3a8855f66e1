{#
    Facts to select from, in SQL, with the values that features add where all of a fact are short, and the squares of
    those of which a standard deviation is asked. A fact of which one is not has its values in `milepost__long` instead,
    for `facts_with_numbers` to add. They are few, and to add both in one column takes the time of the longer.

    Of what is squared, short is what is below 10^9 last digits, so that its square is, unless that is below 10^6: of
    amounts that are kept with six decimals, those of a thousand and more would be long.

    source: the CTE of the facts.
    features: those whose values are added.
#}
{% macro facts_with_short_numbers(source, features) -%}
{%- set numbers, columns = milepost.added_numbers(features), {} -%}
{%- for number in numbers -%}
    {%- set decimals = number.feature.decimals -%}
    {%- do number.update({'digits': 9 if number.is_squared and decimals <= 3 else 14}) -%}
    {%- do columns.update({number.number: number.short}) -%}
    {%- if number.is_squared -%}
        {%- do columns.update({
            milepost.measure_name({'kind': 'low' ~ decimals, 'column': number.feature.value}):
                number.short ~ ' * ' ~ number.short if number.digits == 9 else milepost.short_square(number.short, decimals)
        }) -%}
    {%- endif -%}
{%- endfor -%}
{%- if not numbers -%}
{{ source }}
{%- else -%}
(
    select
        *
        {%- for column, sql in columns.items() %},
        case when milepost__long is null then {{ sql }} end as {{ column }}
        {%- endfor %}
    from (
        select
            *,
            case
                when
                    {%- for number in numbers %}
                    {{ 'or ' if not loop.first }}({{ number.feature.value }} is not null and {{ number.short }} is null)
                    {%- endfor %}
                    then {{ milepost.struct_of(numbers | map(attribute='feature.value') | unique) }}
            end as milepost__long
        from (
            select
                *
                {%- for number in numbers %},
                {{ milepost.short_number(number.feature, number.digits) }} as {{ number.short }}
                {%- endfor %}
            from {{ source }}
        ) as milepost__with_short_numbers
    ) as milepost__with_long_values
) as milepost__facts
{%- endif -%}
{%- endmacro %}
