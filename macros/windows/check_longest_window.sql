{# Stops where a feature view does not state its longest look-back: what a batch reads rests on it. #}
{% macro check_longest_window(features) %}
    {% set hours = features | map(attribute='look_back_hours') | max %}
    {% set days = (hours + 23) // 24 %}
    {% set is_view = model.resource_type == 'model' and model.config.meta.get('entities') %}
    {% if execute and is_view and model.config.meta.get('longest_window_days') != days %}
        {% do exceptions.raise_compiler_error(
            "`" ~ model.name ~ "` states `meta.longest_window_days: " ~ model.config.meta.get('longest_window_days')
            ~ "` and looks back " ~ days ~ " days\nhint: state " ~ days
        ) %}
    {% endif %}
{% endmacro %}
