{#
    The series whose features are held, as `held_facts` takes them. Trailing windows of one facts relation that end
    together are one: the longest, with the features of all. A fact that is in a shorter one is in it, too.

    Each has what `window_series` gives, and `lengths`: for the series of each feature the grid steps of its window.

    all_series: as `window_series` gives them.
#}
{% macro held_series(all_series) %}
    {% set merged = {} %}
    {% for series in all_series | sort(attribute='reach', reverse=true) if series.held_features %}
        {% set name = series.label ~ '_' ~ series.back if series.window == 'trailing' else series.name %}
        {% set longest = merged.setdefault(name, dict(series, held_features=[], lengths={})) %}
        {% do longest.held_features.extend(series.held_features) %}
        {% do longest.lengths.update({series.name: series.reach - series.back}) %}
    {% endfor %}
    {{ return(merged.values() | list) }}
{% endmacro %}
