{#
    From when the windows of each feature of a view are full, and at which instant it is no longer
    built: `{'complete_from': {feature: datetime}, 'built_through': datetime}`. `milepost/publishing/gate.py`
    writes the same into a release: the two change together.

    view: the node of a feature view. Where this database has not built it, each feature looks back as
    far as the view does.
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
    {% set look_backs = milepost.recorded_look_backs(view.unique_id) %}
    {% set complete_from = {} %}
    {% for feature in milepost.stored_features(view) %}
        {% set hours = look_backs.get(feature, 24 * milepost.look_back_days(view)) %}
        {% do complete_from.update({
            feature: midnight(logs | map(attribute='first') | max) + timedelta(hours=hours) + delay
        }) %}
    {% endfor %}
    {{ return({
        'complete_from': complete_from,
        'built_through': midnight(logs | map(attribute='closed_before') | min)
            + timedelta(hours=1 if meta.grid == 'hour' else 24) + delay,
    }) }}
{% endmacro %}
