{#
    The length of a window in hours: '28d' is 672. Stops where it is not a length in days or hours, or not a
    multiple of the grid.

    feature: as it was declared, for the error.
    window: the length as it was declared.
#}
{% macro window_hours(feature, window, grid) %}
    {% set parts = modules.re.fullmatch('([0-9]+)([dh])', window | string) %}
    {% set hours = parts.group(1) | int * (24 if parts.group(2) == 'd' else 1) if parts else 0 %}
    {% if hours <= 0 %}
        {% do milepost.refuse_feature(
            feature, "the window `" ~ window ~ "`", "write a length above zero in days or hours: '28d', '24h'"
        ) %}
    {% elif hours > 24 * 36500 %}
        {% do milepost.refuse_feature(feature, "the window `" ~ window ~ "`", "look back 36500 days at most") %}
    {% elif grid == 'day' and hours % 24 %}
        {% do milepost.refuse_feature(
            feature,
            "the window `" ~ window ~ "`, which is no multiple of the daily grid",
            "use whole days, or `grid='hour'`"
        ) %}
    {% endif %}
    {{ return(hours) }}
{% endmacro %}
