{# The first landing date of the raw logs that a model is made from, as text. #}
{% macro raw_first(node_id) %}
    {% set raw_logs, dates = milepost.raw_logs(), [] %}
    {% for id in milepost.lineage(node_id) if id in graph.sources %}
        {% set raw_uri = graph.sources[id].config.meta.get('raw_uri') %}
        {% if raw_uri %}{% do dates.append(raw_logs[raw_uri].first) %}{% endif %}
    {% endfor %}
    {{ return(dates | min) }}
{% endmacro %}
