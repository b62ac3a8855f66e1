{#
    The value of a feature that takes one of its facts' values as it is, in SQL. One that is NaN or
    infinite stops the query: it is no value of a feature.

    feature: as `parse_features` gives it.
#}
{% macro checked_value(feature) %}
    {% set value = feature.value or 'event_at' %}
    {{ return(
        'case when ' ~ milepost.is_infinite(value) ~ ' then '
        ~ milepost.fail(
            "trailing_features: feature `" ~ feature.column ~ "` cannot take `" ~ feature.facts ~ "." ~ value
            ~ "`: a value is NaN or infinite\nhint: set its row aside in the base model, by `row_fault(finite=[...])`"
        ) ~ ' else ' ~ value ~ ' end'
    ) }}
{% endmacro %}
