{#
    A feature at an instant, in SQL, and null where a count that its `at_least` names is too low.

    feature: as `parse_features` gives it.
#}
{% macro feature_or_null(feature) %}
    {% if not feature.at_least %}
        {{ return(milepost.feature_value(feature)) }}
    {% endif %}
    {% set conditions = [] %}
    {% for count in feature.at_least %}
        {% do conditions.append(milepost.feature_value(count.feature) ~ ' >= ' ~ count.minimum) %}
    {% endfor %}
    {{ return(
        'case\n        when\n            ' ~ conditions | join('\n            and ')
        ~ '\n            then ' ~ milepost.feature_value(feature) ~ '\n    end'
    ) }}
{% endmacro %}
