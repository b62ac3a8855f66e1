{# Keeps how far an incremental model is built, in the transaction of the model: a post-hook. #}
{% macro close_batch() %}
    {% if execute and flags.WHICH in ['run', 'build'] and not milepost.narrowed_by() %}
        {% set batch = milepost.batch() %}
        {% set before = milepost.built_batch(model) %}
        {% set built_to = [batch.end, before or batch.end] | max %}
        insert or replace into milepost_checks.batches
        select
            node_id,
            '{{ built_to }}',
            code,
            parts
        from milepost_checks.codes
        where node_id = '{{ model.unique_id }}'
    {% endif %}
{% endmacro %}
