{# The first midnight that is not closed in one of the raw logs that a model is made from, as text. #}
{% macro raw_closed(node_id) %}
    {% set closed = [] %}
    {% for id in milepost.lineage(node_id) if graph.sources.get(id, {}).get('config', {}).get('meta', {}).get('raw_uri') %}
        {% set raw_uri = graph.sources[id].config.meta.raw_uri %}
        {% do closed.append(milepost.raw_log_answer('milepost_closed_before', raw_uri).closed_before) %}
    {% endfor %}
    {% if not closed %}
        {% do exceptions.raise_compiler_error(
            "`" ~ node_id ~ "` is made from no raw log\nhint: its sources need `meta.raw_uri`"
        ) %}
    {% endif %}
    {{ return(closed | min ~ ' 00:00:00') }}
{% endmacro %}
