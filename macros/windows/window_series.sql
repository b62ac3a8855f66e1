{#
    The series of parsed features: one for each facts relation and window, in the order of the
    features. Each has a name, facts, label, window, last, look_back_hours, its features, and

    back, reach: the grid steps after a fact enters the grid at which it enters and leaves the window
    is_totalled: whether it may be the difference of two running totals: it is no window of open facts,
        and its facts are also in a window that is not set back, so that a row stands where one enters
    measures: what is added up, as `feature_measures` gives it
    distincts: the columns whose distinct values are counted
    columns: the columns of the facts that it needs
#}
{% macro window_series(features, grid) %}
    {% set all_series = {} %}
    {% set hours_of_step = 24 if grid == 'day' else 1 %}
    {% set entered = [] %}
    {% for feature in features if feature.window != 'open' and not feature.back_hours %}
        {% do entered.append(feature.facts) %}
    {% endfor %}
    {% for feature in features %}
        {% if feature.series not in all_series %}
            {% do all_series.update({feature.series: {
                'name': feature.series,
                'facts': feature.facts,
                'label': feature.label,
                'window': feature.window,
                'back': feature.back_hours // hours_of_step,
                'reach': feature.look_back_hours // hours_of_step,
                'last': feature.last,
                'look_back_hours': feature.look_back_hours,
                'is_totalled': feature.window != 'open' and feature.facts in entered,
                'features': [],
                'measures': [],
                'distincts': [],
                'columns': [],
            }}) %}
        {% endif %}
        {% set series = all_series[feature.series] %}
        {% do series.features.append(feature) %}
        {% for column in [feature.value, feature.id] if column and column not in series.columns %}
            {% do series.columns.append(column) %}
        {% endfor %}
        {% if feature.is_summed and feature.aggregate == 'distinct' %}
            {% if feature.value not in series.distincts %}{% do series.distincts.append(feature.value) %}{% endif %}
        {% elif feature.is_summed %}
            {% for measure in milepost.feature_measures(feature) if measure not in series.measures %}
                {% do series.measures.append(measure) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {{ return(all_series.values() | list) }}
{% endmacro %}
