{#
    Keeps how far an incremental model is built, and how far back each feature of it looks, in the
    transaction of the model: a post-hook.
#}
{% macro close_batch() %}
    {% if execute and flags.WHICH in ['run', 'build'] and not milepost.narrowed_by() %}
        {% set batch = milepost.batch() %}
        {% set before = milepost.built_batch(model) %}
        {% set built_to = [batch.end, before or batch.end] | max %}
        {% set look_backs = milepost.find_look_backs(model) if milepost.is_feature_view(model) else '{}' %}
        insert or replace into milepost_checks.batches
        select
            node_id,
            '{{ built_to }}',
            code,
            parts,
            '{{ look_backs }}'
        from milepost_checks.codes
        where node_id = '{{ model.unique_id }}'
    {% endif %}
{% endmacro %}
