{#
    Records the batch that was just built: up to which instant the model is built, by which code, and
    how far back each of its features looks. The next batch goes on from this record, and `milepost
    publish` asks for it. A post-hook of incremental models: it runs after the model's rows are written,
    in DuckDB in the same transaction, so there is no record of a build that failed.
#}
{% macro close_batch() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set record = milepost.ask('batch_record', {'node_id': model.unique_id, 'sql': model.compiled_code}) %}
        {% do milepost.run_on_records(record) if record %}
    {% endif %}
{% endmacro %}
