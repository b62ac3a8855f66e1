{# Keeps how far an incremental model is built, in the transaction of the model: a post-hook. #}
{% macro close_batch() %}
    {% if execute and flags.WHICH in ['run', 'build'] and not milepost.narrowed_by() %}
        {% set batch = milepost.batch() %}
        {% set before = milepost.built_batch(model) %}
        {% set built_to = [batch.end, before or batch.end] | max %}
        insert or replace into milepost_checks.batches
        values ('{{ model.unique_id }}', '{{ built_to }}', '{{ milepost.code_hash(model) }}')
    {% endif %}
{% endmacro %}
