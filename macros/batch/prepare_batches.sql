{#
    Makes ready what the incremental models of this run go on from. Runs on-run-start.

    - A feature view that is not in the scratch database is read from the current release, where the
      same code published it. The fingerprint tells whether it is whole.
    - What a model of this run reads and this run does not build must be built by the code as it is
      and reach far enough. Until here nothing is lost.
    - A model that was built from other code, or with other options (`--sample`, `--vars` ...), is
      dropped from the scratch database, to be built anew; why is said.
#}
{% macro prepare_batches() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {{ adapter.dispatch('prepare_batches', 'milepost')() }}
    {% endif %}
    {% if execute and flags.WHICH in ['run', 'build', 'seed'] and selected_resources %}
        {# Until `record_results` says how each of them ended, nobody knows what it holds. #}
        {% do run_query(
            "update milepost_checks.builds set status = 'interrupted' "
            ~ "where node_id in ('" ~ selected_resources | join("', '") ~ "')"
        ) %}
    {% endif %}
{% endmacro %}

{% macro duckdb__prepare_batches() %}
    {% set incremental = [] %}
    {% for node in graph.nodes.values() if node.unique_id in selected_resources and node.resource_type == 'model' %}
        {% if node.config.materialized == 'incremental' %}{% do incremental.append(node) %}{% endif %}
    {% endfor %}
    {% for node in incremental if milepost.built_relation(node) is none %}
        {% do run_query("delete from milepost_checks.batches where model_id = '" ~ node.unique_id ~ "'") %}
    {% endfor %}
    {% if incremental and not flags.FULL_REFRESH and not milepost.narrowed_by() %}
        {% do milepost.restore_views(incremental) %}
    {% endif %}
    {% do milepost.check_slices(incremental) %}
    {% set records, reasons = milepost.batch_records(), {} %}
    {% for node in incremental %}
        {% set relation = milepost.built_relation(node) %}
        {% if relation is not none and milepost.built_batch(node) is none %}
            {% set changed = records.get(node.unique_id, {}).get('changed') %}
            {% set reason = 'as `--full-refresh` says' if flags.FULL_REFRESH
                else 'as `' ~ milepost.narrowed_by() ~ '` says' if milepost.narrowed_by()
                else milepost.shortened(changed) ~ ' changed' if changed
                else 'its last build was not as the project says' %}
            {% do reasons.setdefault(reason, []).append('`' ~ milepost.published_name(node) ~ '`') %}
            {% do run_query("delete from milepost_checks.batches where model_id = '" ~ node.unique_id ~ "'") %}
            {% do adapter.drop_relation(relation) %}
        {% endif %}
    {% endfor %}
    {% for reason, names in reasons.items() %}
        {% do log("Built anew: " ~ names | sort | join(', ') ~ "; " ~ reason, info=true) %}
    {% endfor %}
{% endmacro %}
