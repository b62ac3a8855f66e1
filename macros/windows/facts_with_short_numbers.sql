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
{%- set numbers = milepost.added_numbers(features) -%}
{%- set digits = {true: 9, false: 14} -%}
{%- if not numbers -%}
{{ source }}
{%- else -%}
(
    select
        *
        {%- for number in numbers if number.is_squared %},
        {{ number.number ~ ' * ' ~ number.number if number.feature.decimals <= 3
            else milepost.short_square(number.number, number.feature.decimals) }}
            as {{ milepost.measure_name({'kind': 'low' ~ number.feature.decimals, 'column': number.feature.value}) }}
        {%- endfor %}
    from (
        select
            *
            {%- for number in numbers %},
            case when milepost__long is null then {{ number.short }} end as {{ number.number }}
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
                    {{ milepost.short_number(number.feature, digits=digits[number.is_squared and number.feature.decimals <= 3]) }} as {{ number.short }}
                    {%- endfor %}
                from {{ source }}
            ) as milepost__with_short_numbers
        ) as milepost__with_long_values
    ) as milepost__with_numbers
) as milepost__facts
{%- endif -%}
{%- endmacro %}
