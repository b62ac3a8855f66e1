{#
    The value of a feature as a DECIMAL of 18 digits, in SQL, where it is below 10^14 last digits, as most are: engines
    add and multiply these much faster than longer ones. Null for what is longer or cannot be added.

    feature: as `parse_features` gives it.
    digits: how many it has, with those behind the point.
#}
{% macro short_number(feature, digits=14) %}
    {% set value, digits = feature.value, digits - feature.decimals %}
    {% set number = 'cast(' ~ value ~ ' as decimal(18, ' ~ feature.decimals ~ '))' %}
    {# A `case` of its own: what `and` joins, engines ask in any order, and the cast fails beyond the range. #}
    {% set checked = 'case when ' ~ milepost.is_whole_number(number, value) ~ ' then ' ~ number ~ ' end' %}
    {{ return(
        'case ' ~ milepost.lost_digits() ~ 'when cast(' ~ value ~ ' as double) > -1e' ~ digits ~ ' and cast(' ~ value
        ~ ' as double) < 1e' ~ digits ~ ' then ' ~ (checked if feature.aggregate == 'total' else number) ~ ' end'
    ) }}
{% endmacro %}
