{#
    Stops where a name in a feature's declaration is not allowed: a reserved word of SQL, one of ours, or no
    plain name.

    feature: as it was declared.
    kind: what has the name: 'facts', 'column' or 'id'.
#}
{% macro check_feature_name(feature, kind, name) %}
    {% set fault = milepost.name_fault(name) %}
    {% if fault %}
        {% do milepost.refuse_feature(feature, "the " ~ kind ~ " `" ~ name ~ "`, which is " ~ fault.is, fault.hint) %}
    {% endif %}
{% endmacro %}
