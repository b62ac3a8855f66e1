{#
    How the SQL calls the window of a feature: `28d`, `24h`, `7d_before_7d`, `last_50_360d`, `open_60d`, `standing`, or
    `newest_365d_price`, which has the column of the value, as each value has a newest fact of its own.

    feature: as `parse_features` gives it.
#}
{% macro window_name(feature) %}
    {% set lengths = [] %}
    {% for hours in [feature.hours, feature.back_hours] %}
        {% do lengths.append((hours // 24) ~ 'd' if hours % 24 == 0 else hours ~ 'h') %}
    {% endfor %}
    {{ return(
        'last_' ~ feature.last ~ '_' ~ lengths[0] if feature.window == 'last'
        else 'open_' ~ lengths[0] if feature.window == 'open'
        else 'standing' if feature.window == 'standing'
        else 'newest_' ~ lengths[0] ~ ('_' ~ feature.value if feature.value else '') if feature.window == 'newest'
        else lengths[0] ~ ('_before_' ~ lengths[1] if feature.back_hours else '')
    ) }}
{% endmacro %}
