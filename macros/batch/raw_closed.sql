{# The first midnight that is not closed in one of the raw logs that a model is made from, as text. #}
{% macro raw_closed(node_id) %}
    {% set closed = {} %}
    {% for id in milepost.lineage(node_id) if id in graph.sources %}
        {% set raw_uri = graph.sources[id].config.meta.get('raw_uri') %}
        {% if raw_uri and raw_uri not in closed %}
            {% do closed.update({raw_uri: milepost.raw_log_answer('milepost_closed_before', raw_uri).closed_before}) %}
        {% endif %}
    {% endfor %}
    {% if not closed %}
        {% do exceptions.raise_compiler_error(
            "`" ~ node_id ~ "` is made from no raw log\nhint: its sources need `meta.raw_uri`"
        ) %}
    {% endif %}
    {{ return(closed.values() | min ~ ' 00:00:00') }}
{% endmacro %}
