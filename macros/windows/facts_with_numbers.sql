{#
    Facts to select from, in SQL, with the values that features add: each once as a DECIMAL of 25 digits,
    and for a standard deviation its square, which may have 50, as two: `high * 10^24 + low`, in units of
    the square of the last digit. `high` is null where the square is short.

    A value that is not short, as `short_number` says, is cut in two, `part * 10^12 + rest`. Its square is
    `part^2 * 10^24`, and twice the product `* 10^12`, of which again what is above 10^12 goes to `high`, and
    `rest^2`. Whichever whole number is the part, the sum is exact.

    source: the CTE of the facts.
    features: those whose values are added.
#}
{% macro facts_with_numbers(source, features) -%}
{%- set numbers, squares = milepost.added_numbers(features), {} -%}
{%- for number in numbers if number.is_squared -%}
    {%- set decimals, value = number.feature.decimals, number.feature.value -%}
    {%- set names = {'short': number.short, 'decimals': decimals, 'unit': 'cast(1e' ~ (12 - decimals) ~ ' as decimal(19, 0))'} -%}
    {%- for kind in ['part', 'rest', 'cross', 'low', 'high'] -%}
        {%- do names.update({kind: milepost.measure_name({'kind': kind ~ decimals, 'column': value})}) -%}
    {%- endfor -%}
    {%- do squares.update({number.number: names}) -%}
{%- endfor -%}
{%- set with_numbers -%}
select
    *
    {%- for number in numbers %},
    coalesce({{ number.short }}, {{ milepost.checked_number(number.feature) }}) as {{ number.number }}
    {%- endfor %}
from (
    select
        *
        {%- for number in numbers %},
        {{ milepost.short_number(number.feature, '1e' ~ (14 - number.feature.decimals)) }} as {{ number.short }}
        {%- endfor %}
    from {{ source }}
) as milepost__with_short_numbers
{%- endset -%}
{%- if not numbers -%}
{{ source }}
{%- elif not squares -%}
(
    {{ with_numbers | indent }}
) as milepost__facts
{%- else -%}
(
    select
        *
        {%- for number, names in squares.items() %},
        case
            when {{ names.part }} is null
                then {{ milepost.short_square(names.short, names.decimals) }}
            else
                ({{ names.part }} * {{ names.rest }} * 2 - {{ names.cross }} * {{ names.unit }}) * {{ names.unit }}
                + {{ names.rest }} * {{ names.rest }}
        end as {{ names.low }},
        {{ names.part }} * {{ names.part }} + {{ names.cross }} as {{ names.high }}
        {%- endfor %}
    from (
        select
            *
            {%- for names in squares.values() %},
            cast({{ names.part }} * {{ names.rest }} * 2 / 1e{{ 12 - names.decimals }} as decimal(19, 0)) as {{ names.cross }}
            {%- endfor %}
        from (
            select
                *
                {%- for number, names in squares.items() %},
                cast({{ number }} - {{ names.part }} * {{ names.unit }} as decimal(19, {{ names.decimals }})) as {{ names.rest }}
                {%- endfor %}
            from (
                select
                    *
                    {%- for number, names in squares.items() %},
                    case
                        when {{ names.short }} is null
                            then cast({{ number }} / 1e{{ 12 - names.decimals }} as decimal(19, 0))
                    end as {{ names.part }}
                    {%- endfor %}
                from (
                    {{ with_numbers | indent(20) }}
                ) as milepost__with_numbers
            ) as milepost__with_parts
        ) as milepost__with_rests
    ) as milepost__with_crosses
) as milepost__facts
{%- endif -%}
{%- endmacro %}
