{#
    Makes ready what the incremental models of this run go on from. Runs on-run-start.

    - A model that was built from other code, or narrowed (`--empty`, `--sample`, `--vars`), is
      dropped from the scratch database, to be built anew.
    - A feature view that is not in the scratch database is read from the current release, where the
      same code published it. The fingerprint tells whether it is whole.
    - What a model of this run reads and this run does not build must reach far enough.
#}
{% macro prepare_batches() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {{ adapter.dispatch('prepare_batches', 'milepost')() }}
    {% endif %}
{% endmacro %}

{% macro duckdb__prepare_batches() %}
    {% do run_query("create schema if not exists milepost_checks") %}
    {% do run_query(
        "create table if not exists milepost_checks.batches "
        ~ "(model_id varchar primary key, built_to varchar, code varchar)"
    ) %}
    {% do run_query(
        "create table if not exists milepost_checks.set_aside "
        ~ "(recorded_at timestamp, model_id varchar, base varchar, table_name varchar, reason varchar, "
        ~ "set_aside_count bigint, row_count bigint, set_aside_share double, recent_set_aside_share double)"
    ) %}
    {% set incremental = [] %}
    {% for node in graph.nodes.values() if node.unique_id in selected_resources and node.resource_type == 'model' %}
        {% if node.config.materialized == 'incremental' %}{% do incremental.append(node) %}{% endif %}
    {% endfor %}
    {% for node in incremental %}
        {% set relation = milepost.built_relation(node) %}
        {% if milepost.narrowed_by() or relation is none or milepost.built_batch(node) is none %}
            {% do run_query("delete from milepost_checks.batches where model_id = '" ~ node.unique_id ~ "'") %}
            {% if relation is not none %}{% do adapter.drop_relation(relation) %}{% endif %}
        {% endif %}
    {% endfor %}
    {% if incremental and not flags.FULL_REFRESH and not milepost.narrowed_by() %}
        {% do milepost.restore_views(incremental) %}
    {% endif %}
    {% do milepost.check_slices(incremental) %}
{% endmacro %}
