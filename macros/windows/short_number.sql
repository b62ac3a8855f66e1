{#
    The value of a feature as a DECIMAL of 18 digits, in SQL, where it has few digits, as most have: engines add and
    multiply these much faster than longer ones. Null for what has more or cannot be added.

    feature: as `parse_features` gives it.
    digits: how many it may have, with those behind the point, up to 17.
#}
{% macro short_number(feature, digits=14) %}
    {% set value, exponent = feature.value, digits - feature.decimals %}
    {% set number = 'cast(' ~ value ~ ' as decimal(18, ' ~ feature.decimals ~ '))' %}
    {# A `case` of its own: what `and` joins, engines ask in any order, and the cast fails beyond the range. #}
    {% set checked = 'case when ' ~ milepost.is_whole_number(number, value) ~ ' then ' ~ number ~ ' end' %}
    {{ return(
        'case ' ~ milepost.lost_digits() ~ 'when cast(' ~ value ~ ' as double) > -1e' ~ exponent ~ ' and cast(' ~ value
        ~ ' as double) < 1e' ~ exponent ~ ' then ' ~ (checked if feature.aggregate == 'total' else number) ~ ' end'
    ) }}
{% endmacro %}
