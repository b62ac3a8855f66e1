{#
    How far a feature view is built, and how many hours each of its features looks back, as its last
    build found it: `{'built_to': text, 'look_backs': {feature: hours}}`, empty where it is not built.
#}
{% macro batch_record(view_id) %}
    {% set is_there = run_query(
        "select 1 from information_schema.columns where table_schema = 'milepost_checks' "
        ~ "and table_name = 'batches' and column_name = 'node_id'"
    ) | length %}
    {% set rows = run_query(
        "select cast(built_to as varchar), look_backs from milepost_checks.batches where node_id = '" ~ view_id ~ "'"
    ).rows if is_there else [] %}
    {% for row in rows %}
        {{ return({'built_to': row[0], 'look_backs': fromjson(row[1])}) }}
    {% endfor %}
    {{ return({}) }}
{% endmacro %}
