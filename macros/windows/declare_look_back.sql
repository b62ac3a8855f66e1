{#
    Tells dbt, while it parses the model, how far its declared windows look back: puts the days of the
    longest into `meta.declared_window_days`, from which a batch knows what to read. A model may
    declare windows twice.

    features: as `parse_features` gives them.
#}
{% macro declare_look_back(features) %}
    {% if model.resource_type != 'model' %}{{ return(none) }}{% endif %}
    {% set hours = features | map(attribute='look_back_hours') | max %}
    {% set days = [(hours + 23) // 24, model.config.meta.get('declared_window_days', 0)] | max %}
    {# What `config` is told cannot be read back from it, and a second call replaces the first one's. #}
    {% do model.config.meta.update({'declared_window_days': days}) %}
    {% do config(meta={'declared_window_days': days}) %}
{% endmacro %}
