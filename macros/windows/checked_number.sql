{#
    The value of a feature as the DECIMAL that is added, in SQL: 25 digits, `decimals` of them behind the
    point, so that a sum of 10^12 of them is exact. What does not fit stops the query; NaN is above
    every number. So does a value of a `total` that is no whole number.

    feature: as `parse_features` gives it.
#}
{% macro checked_number(feature) %}
    {% set value, digits = feature.value, 25 - feature.decimals %}
    {% set number = 'cast(' ~ value ~ ' as decimal(25, ' ~ feature.decimals ~ '))' %}
    {% set cannot_add = "trailing_features: feature `" ~ feature.column ~ "` cannot add `" ~ feature.facts ~ "." ~ value ~ "`: " %}
    {% set is_in_range = 'cast(' ~ value ~ ' as double) > -1e' ~ digits ~ ' and cast(' ~ value ~ ' as double) < 1e' ~ digits %}
    {% if feature.aggregate == 'total' %}
        {% set in_range = 'case when ' ~ milepost.is_whole_number(number, value) ~ ' then ' ~ number ~ ' else '
            ~ milepost.fail(cannot_add ~ "a value is no whole number\nhint: declare a `sum`") ~ ' end' %}
        {% set is_added, added = is_in_range, in_range %}
    {% else %}
        {% set is_added, added = value ~ ' is null or (' ~ is_in_range ~ ')', number %}
    {% endif %}
    {{ return(
        'case ' ~ ('when ' ~ value ~ ' is null then null ' if feature.aggregate == 'total' else '')
        ~ 'when ' ~ is_added ~ ' then ' ~ added ~ ' else '
        ~ milepost.fail(
            cannot_add ~ "a value is NaN, infinite, or not between -10^" ~ digits ~ " and 10^" ~ digits
            ~ "\nhint: set its row aside in the base model, by `row_fault(finite=[...])`"
            ~ (', or keep fewer `decimals`' if feature.decimals else '')
        ) ~ ' end'
    ) }}
{% endmacro %}
