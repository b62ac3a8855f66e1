{# Stops where a feature's facts, column or id has a name that none may have. #}
{% macro check_feature_name(feature, kind, name) %}
    {% set fault = milepost.name_fault(name) %}
    {% if fault %}
        {% do milepost.refuse_feature(feature, "the " ~ kind ~ " `" ~ name ~ "`, which is " ~ fault.is, fault.hint) %}
    {% endif %}
{% endmacro %}
