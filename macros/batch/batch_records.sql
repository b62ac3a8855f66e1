{#
    What `close_batch` kept: for each model `built_to`, the first instant not built, and
    `changed`: which parts of its code are others now.
    Nothing here looks the table up first: that would open a transaction that no hook closes.
#}
{% macro batch_records() %}
    {% set records = {} %}
    {% for row in run_query(
        "select batches.model_id, batches.built_to, batches.code = codes.code as is_same, batches.parts, "
        ~ "codes.parts as parts_now from milepost_checks.batches inner join milepost_checks.codes "
        ~ "on batches.model_id = codes.node_id"
    ) %}
        {% set changed = [] %}
        {% if not row['is_same'] %}
            {% set before, now = fromjson(row['parts']), fromjson(row['parts_now']) %}
            {% for part in (before | list + now | list) | unique | sort if before.get(part) != now.get(part) %}
                {% do changed.append(part) %}
            {% endfor %}
        {% endif %}
        {% do records.update({row['model_id']: {'built_to': row['built_to'], 'changed': changed}}) %}
    {% endfor %}
    {{ return(records) }}
{% endmacro %}
