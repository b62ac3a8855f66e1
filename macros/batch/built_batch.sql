{#
    The first instant of an incremental model that is not built, as text; none where all are to be
    built: other code built it, or this run has options that its rows so far were not built with.
    With `--empty` nothing is added to it, so that it stays.
#}
{% macro built_batch(node) %}
    {% if node.config.materialized != 'incremental' or flags.FULL_REFRESH or flags.WHICH not in ['run', 'build']
        or milepost.narrowed_by() not in ['', '--empty'] %}
        {{ return(none) }}
    {% endif %}
    {% set rows = run_query(
        "select batches.built_to from milepost_checks.batches inner join milepost_checks.codes "
        ~ "on batches.model_id = codes.node_id and batches.code = codes.code "
        ~ "where batches.model_id = '" ~ node.unique_id ~ "'"
    ).rows %}
    {{ return(rows[0][0] if rows else none) }}
{% endmacro %}
