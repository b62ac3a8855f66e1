{#
    Keeps how far an incremental model is built, and how far back each feature of it looks, in the
    transaction of the model: a post-hook.
#}
{% macro close_batch() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {{ milepost.ask('batch_record', {'node_id': model.unique_id, 'sql': model.compiled_code}) }}
    {% endif %}
{% endmacro %}
