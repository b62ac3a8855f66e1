{# Stops where a feature's facts, column or id has a name that none may have. #}
{% macro check_feature_name(feature, what, name) %}
    {% set fault = milepost.name_fault(name) %}
    {% if fault %}
        {% do milepost.refuse_feature(feature, "the " ~ what ~ " `" ~ name ~ "`, which is " ~ fault.is, fault.hint) %}
    {% endif %}
{% endmacro %}
