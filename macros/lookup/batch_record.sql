{#
    How far a feature view is built, and how many hours each of its features looks back, as its last
    build found it: `{'built_to': text, 'look_backs': {feature: hours}}`, empty where it is not built.
#}
{% macro batch_record(view_id) %}
    {% set is_there = milepost.run_on_records(
        "select 1 from information_schema.columns where table_schema = 'milepost_checks' "
        ~ "and table_name = 'batches' and column_name = 'node_id'"
    ) | length %}
    {% set rows = milepost.run_on_records(
        "select cast(built_to as varchar) as built_to, look_backs from milepost_checks.batches where node_id = '" ~ view_id ~ "'"
    ) if is_there else [] %}
    {% for row in rows %}
        {{ return({'built_to': row['built_to'], 'look_backs': fromjson(row['look_backs'])}) }}
    {% endfor %}
    {{ return({}) }}
{% endmacro %}
