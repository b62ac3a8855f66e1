{#
    Facts to select from, in SQL, with the values that features add: each once as a DECIMAL of 25 digits,
    and for a standard deviation its square, which may have 50, as two: `high * 10^24 + low`, in units of
    the square of the last digit.

    A value of 10^14 last digits or more is cut in two, `part * 10^12 + rest`. Its square is `part^2 * 10^24`, and twice the
    product `* 10^12`, of which again what is above 10^12 goes to `high`, and `rest^2`. Whichever whole
    number is the part, the sum is exact.

    source: the CTE of the facts.
    features: those whose values are added.
#}
{% macro facts_with_numbers(source, features) -%}
{%- set numbers, squares = {}, {} -%}
{%- for feature in features if feature.aggregate in ['sum', 'mean', 'stddev'] -%}
    {%- set measure = {'kind': 'number' ~ feature.decimals, 'column': feature.value} -%}
    {%- do numbers.setdefault(milepost.measure_name(measure), feature) -%}
    {%- if feature.aggregate == 'stddev' -%}{%- do squares.setdefault(milepost.measure_name(measure), feature) -%}{%- endif -%}
{%- endfor -%}
{%- set names = {} -%}
{%- for number, feature in squares.items() -%}
    {%- set of = {} -%}
    {%- for kind in ['part', 'rest', 'cross', 'low', 'high'] -%}
        {%- do of.update({kind: milepost.measure_name({'kind': kind ~ feature.decimals, 'column': feature.value})}) -%}
    {%- endfor -%}
    {%- do names.update({number: dict(of, decimals=feature.decimals, unit='cast(1e' ~ (12 - feature.decimals) ~ ' as decimal(19, 0))')}) -%}
{%- endfor -%}
{%- if not numbers -%}
{{ source }}
{%- else -%}
(
        {%- if squares %}
        select
            *
            {%- for number, of in names.items() %},
            case
                when {{ of.part }} is null then {{ number }} * {{ number }}
                else
                    ({{ of.part }} * {{ of.rest }} * 2 - {{ of.cross }} * {{ of.unit }}) * {{ of.unit }}
                    + {{ of.rest }} * {{ of.rest }}
            end as {{ of.low }},
            coalesce({{ of.part }} * {{ of.part }} + {{ of.cross }}, 0) as {{ of.high }}
            {%- endfor %}
        from (
            select
                *
                {%- for number, of in names.items() %},
                cast({{ of.part }} * {{ of.rest }} * 2 / 1e{{ 12 - of.decimals }} as decimal(19, 0)) as {{ of.cross }}
                {%- endfor %}
            from (
                select
                    *
                    {%- for number, of in names.items() %},
                    cast({{ number }} - {{ of.part }} * {{ of.unit }} as decimal(19, {{ of.decimals }})) as {{ of.rest }}
                    {%- endfor %}
                from (
                    select
                        *
                        {%- for number, of in names.items() %},
                        case
                            when abs({{ number }}) >= 1e{{ 14 - of.decimals }}
                                then cast({{ number }} / 1e{{ 12 - of.decimals }} as decimal(19, 0))
                        end as {{ of.part }}
                        {%- endfor %}
                    from (
        {%- endif %}
        select
            *
            {%- for number, feature in numbers.items() %},
            {{ milepost.checked_number(feature) }} as {{ number }}
            {%- endfor %}
        from {{ source }}
        {%- if squares %}
                    ) as milepost__with_numbers
                ) as milepost__with_parts
            ) as milepost__with_rests
        ) as milepost__with_crosses
        {%- endif %}
    ) as milepost__facts
{%- endif -%}
{%- endmacro %}
