{#
    The value of a feature as a DECIMAL of 18 digits, in SQL, where it has few digits, as most have: engines add and
    multiply these much faster than longer ones. Null for what has more or cannot be added.

    feature: as `parse_features` gives it.
    limit: what it is below, in SQL, with up to 17 digits.
#}
{% macro short_number(feature, limit) %}
    {% set value = feature.value %}
    {% set number = 'cast(' ~ value ~ ' as decimal(18, ' ~ feature.decimals ~ '))' %}
    {# A `case` of its own: what `and` joins, engines ask in any order, and the cast fails beyond the range. #}
    {% set checked = 'case when ' ~ milepost.is_whole_number(number, value) ~ ' then ' ~ number ~ ' end' %}
    {{ return(
        'case ' ~ milepost.lost_digits() ~ 'when cast(' ~ value ~ ' as double) > -' ~ limit ~ ' and cast(' ~ value
        ~ ' as double) < ' ~ limit ~ ' then ' ~ (checked if feature.aggregate == 'total' else number) ~ ' end'
    ) }}
{% endmacro %}
