{#
    The series of parsed features: one for each facts relation and window, in the order of the
    features. Each has a name, facts, window, hours, back_hours, last, its features, and

    measures: what is added up, `{'name', 'facts', 'sql'}`; `sql` aggregates the facts of one tile
    distincts: the columns whose distinct values are counted
    columns: the columns of the facts that it needs
#}
{% macro window_series(features) %}
    {% set all_series = {} %}
    {% for feature in features %}
        {% set length = milepost.window_name(feature) %}
        {% set name = feature.facts ~ '_' ~ length %}
        {% if name not in all_series %}
            {% do all_series.update({name: {
                'name': name,
                'facts': feature.facts,
                'window': feature.window,
                'hours': feature.hours,
                'back_hours': feature.back_hours,
                'last': feature.last,
                'look_back_hours': feature.look_back_hours,
                'features': [],
                'measures': [],
                'distincts': [],
                'columns': [],
            }}) %}
        {% endif %}
        {% set series = all_series[name] %}
        {% do series.features.append(feature) %}
        {% for column in [feature.value, feature.id] if column and column not in series.columns %}
            {% do series.columns.append(column) %}
        {% endfor %}
        {% if feature.is_summed and feature.aggregate == 'distinct' %}
            {% if feature.value not in series.distincts %}{% do series.distincts.append(feature.value) %}{% endif %}
        {% elif feature.is_summed %}
            {% for measure in milepost.feature_measures(feature) if measure.name not in series.measures | map(attribute='name') | list %}
                {% do series.measures.append(measure) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {{ return(all_series.values() | list) }}
{% endmacro %}
