{# The columns of a feature view without its keys and `available_at`, in their order. #}
{% macro stored_features(view) %}
    {% set features = [] %}
    {% set keys = milepost.keys_of(view) %}
    {% for column in view.columns if column not in keys and column != 'available_at' %}
        {% do features.append(column) %}
    {% endfor %}
    {{ return(features) }}
{% endmacro %}
