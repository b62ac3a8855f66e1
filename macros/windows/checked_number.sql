{#
    The value of a feature as the DECIMAL that is added, in SQL: 25 digits, `decimals` of them behind the
    point, so that a sum of 10^13 of them is exact. What does not fit stops the query; NaN is above
    every number.
#}
{% macro checked_number(feature) %}
    {% set value, digits = feature.value, 25 - feature.decimals %}
    {{ return(
        'case when ' ~ value ~ ' is null or (cast(' ~ value ~ ' as double) > -1e' ~ digits ~ ' and cast(' ~ value ~ ' as double) < 1e' ~ digits
        ~ ') then cast(' ~ value ~ ' as decimal(25, ' ~ feature.decimals ~ ')) else '
        ~ milepost.fail(
            "trailing_features: feature `" ~ feature.column ~ "` cannot add `" ~ feature.facts ~ "." ~ value
            ~ "`: a value is NaN, infinite, or not between -10^" ~ digits ~ " and 10^" ~ digits
            ~ "\nhint: set its row aside in the base model, by `row_fault(finite=[...])`" ~ (', or keep fewer `decimals`' if feature.decimals else '')
        ) ~ ' end'
    ) }}
{% endmacro %}
