{#
    What `close_batch` kept: for each model `built_to`, the first instant not built, and `code`.
    Nothing here looks the table up first: that would open a transaction that no hook closes.
#}
{% macro batch_records() %}
    {% set records = {} %}
    {% for row in run_query("select model_id, built_to, code from milepost_checks.batches") %}
        {% do records.update({row['model_id']: {'built_to': row['built_to'], 'code': row['code']}}) %}
    {% endfor %}
    {{ return(records) }}
{% endmacro %}
