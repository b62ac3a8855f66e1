{# How far each raw log is closed: `{'<raw uri>': {'first': date, 'closed_before': date, 'reopened': n}}`. #}
{% macro raw_logs() %}
    {% set answers = {} %}
    {% for source in graph.sources.values() if source.config.meta.raw_uri %}
        {% set raw_uri = source.config.meta.raw_uri %}
        {% if raw_uri not in answers %}
            {% do answers.update({raw_uri: milepost.raw_log_answer('milepost_closed_before', raw_uri)}) %}
        {% endif %}
    {% endfor %}
    {{ return(answers) }}
{% endmacro %}
