{# What `close_batch` kept: for each model `built_to`, the first instant not built, and `code`. #}
{% macro batch_records() %}
    {% set records = {} %}
    {% set relation = adapter.get_relation(target.database, 'milepost_checks', 'batches') %}
    {% if relation is not none %}
        {% for row in run_query("select model_id, built_to, code from " ~ relation) %}
            {% do records.update({row['model_id']: {'built_to': row['built_to'], 'code': row['code']}}) %}
        {% endfor %}
    {% endif %}
    {{ return(records) }}
{% endmacro %}
