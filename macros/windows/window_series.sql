{#
    The series of parsed features: one for each facts relation and window, in the order of the
    features. Each has a name, facts, label, window, last, look_back_hours, its features, and

    back, reach: the grid steps after a fact enters the grid at which it enters and leaves the window
    enters, leaves: the columns of these steps among the stays
    is_totalled: whether it may be the difference of two running totals: it is no window of open facts,
        and its facts are also in a window that is not set back, so that a row stands where one enters
    measures: what is added up, as `feature_measures` gives it
    distincts: the columns whose distinct values are counted
    sums: both, as `series_sums` gives them
    held_features: its features that are no sums
    columns: the columns of the facts that it needs

    features: as `parse_features` gives them.
    is_batch: whether the grid instants of a batch are built, and not all.
#}
{% macro window_series(features, grid, is_batch) %}
    {% set all_series = {} %}
    {% set hours_of_step = 24 if grid == 'day' else 1 %}
    {% set entered = [] %}
    {% for feature in features if feature.window != 'open' and not feature.back_hours %}
        {% do entered.append(feature.facts) %}
    {% endfor %}
    {% for feature in features %}
        {% set is_open = feature.window == 'open' %}
        {% set back, reach = feature.back_hours // hours_of_step, feature.look_back_hours // hours_of_step %}
        {% set series = all_series.setdefault(feature.series, {
            'name': feature.series,
            'facts': feature.facts,
            'label': feature.label,
            'window': feature.window,
            'back': back,
            'reach': reach,
            'enters': 'milepost__opens_step' if is_open else 'milepost__enters_' ~ back ~ '_step',
            'leaves': 'milepost__' ~ ('closes_' if is_open else 'leaves_') ~ reach ~ '_step',
            'last': feature.last,
            'look_back_hours': feature.look_back_hours,
            'is_totalled': not is_batch and not is_open and feature.facts in entered,
            'features': [],
            'held_features': [],
            'measures': [],
            'distincts': [],
            'columns': [],
        }) %}
        {% do series.features.append(feature) %}
        {% for column in [feature.value, feature.id] if column and column not in series.columns %}
            {% do series.columns.append(column) %}
        {% endfor %}
        {% if not feature.is_summed %}
            {% do series.held_features.append(feature) %}
        {% elif feature.aggregate == 'distinct' %}
            {% if feature.value not in series.distincts %}{% do series.distincts.append(feature.value) %}{% endif %}
        {% else %}
            {% for measure in milepost.feature_measures(feature) if measure not in series.measures %}
                {% do series.measures.append(measure) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {% for series in all_series.values() %}{% do series.update({'sums': milepost.series_sums(series)}) %}{% endfor %}
    {% do milepost.paired_counts(all_series.values() | list) %}
    {{ return(all_series.values() | list) }}
{% endmacro %}
