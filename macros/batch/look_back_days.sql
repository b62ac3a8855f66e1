{#
    How many days a model looks back, at most: the longest window that it declares, or what its YAML
    states for it or for one of its columns as `meta.longest_window_days`. None where it says nothing.

    node: a model of the graph.
#}
{% macro look_back_days(node) %}
    {% set days = [node.config.meta.get('declared_window_days'), node.config.meta.get('longest_window_days')] %}
    {% for column in node.columns.values() %}{% do days.append(column.config.meta.get('longest_window_days')) %}{% endfor %}
    {{ return(days | select('number') | max if days | select('number') | list else none) }}
{% endmacro %}
