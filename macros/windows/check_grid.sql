{# Stops where a grid is neither a day nor an hour, or not the one that the feature view states in its `meta`. #}
{% macro check_grid(grid) %}
    {% if grid not in ['day', 'hour'] %}
        {% do exceptions.raise_compiler_error(
            "`" ~ grid ~ "` is no grid\nhint: write 'day' or 'hour'"
        ) %}
    {% endif %}
    {% set stated = model.config.meta.get('grid', grid) if model.resource_type == 'model' else grid %}
    {% if execute and stated != grid %}
        {% do exceptions.raise_compiler_error(
            "`" ~ model.name ~ "` states `meta.grid: " ~ stated ~ "` and its windows have the grid `" ~ grid
            ~ "`\nhint: make them one"
        ) %}
    {% endif %}
{% endmacro %}
