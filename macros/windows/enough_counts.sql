{#
    What a feature's `at_least` asks for, as a list of `{'feature', 'minimum'}`: the count, distinct or total of
    that name in the feature's own window. Stops where there is none, or a minimum is no number above zero.

    feature: as it was declared.
    parsed_feature: one column of it, and `parsed` all columns, as `parse_features` has them.
#}
{% macro enough_counts(feature, parsed_feature, parsed) %}
    {% if feature.at_least is not mapping or not feature.at_least %}
        {% do milepost.refuse_feature(
            feature, "`at_least: " ~ feature.at_least ~ "`", "name counts and how many they are at least: {'load_count': 8}"
        ) %}
    {% endif %}
    {% set counts = {} %}
    {% for count in parsed if count.is_count
        and (count.window, count.hours, count.back_hours, count.last)
        == (parsed_feature.window, parsed_feature.hours, parsed_feature.back_hours, parsed_feature.last) %}
        {% do counts.update({count.name: count}) %}
    {% endfor %}
    {% set conditions = [] %}
    {% for name, minimum in feature.at_least.items() %}
        {% if name not in counts %}
            {% do milepost.refuse_feature(
                feature,
                "`at_least` of `" ~ name ~ "`, which is no count, distinct or total in the window of `" ~ parsed_feature.column ~ "`",
                "in that window there is " ~ counts.keys() | join(', ') if counts
                else "declare a count in that window, and name it without the window"
            ) %}
        {% elif minimum is not integer or minimum < 1 %}
            {% do milepost.refuse_feature(
                feature, "`at_least` of `" ~ name ~ "` with `" ~ minimum ~ "`", "give a whole number above zero"
            ) %}
        {% endif %}
        {% do conditions.append({'feature': counts[name], 'minimum': minimum}) %}
    {% endfor %}
    {{ return(conditions) }}
{% endmacro %}
