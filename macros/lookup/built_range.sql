{#
    The instants from which every window of a feature view is full, and at which it is no longer
    built: `{'complete_from': datetime, 'built_through': datetime}`. `milepost/gate.py` writes the
    same into a release: the two change together.

    view: the node of a feature view.
#}
{% macro built_range(view) %}
    {% set logs = [] %}
    {% set raw_logs = milepost.raw_logs() %}
    {% for node_id in milepost.lineage(view.unique_id) %}
        {% set node = graph.nodes.get(node_id, graph.sources.get(node_id)) %}
        {% if node.config.meta.raw_uri in raw_logs %}
            {% do logs.append(raw_logs[node.config.meta.raw_uri]) %}
        {% endif %}
    {% endfor %}
    {% set timedelta = modules.datetime.timedelta %}
    {% set midnight = modules.datetime.datetime.fromisoformat %}
    {% set meta = view.config.meta %}
    {% set delay = timedelta(minutes=meta.serving_delay_minutes) %}
    {{ return({
        'complete_from': midnight(logs | map(attribute='first') | max)
            + timedelta(days=meta.longest_window_days) + delay,
        'built_through': midnight(logs | map(attribute='closed_before') | min)
            + timedelta(hours=1 if meta.grid == 'hour' else 24) + delay,
    }) }}
{% endmacro %}
