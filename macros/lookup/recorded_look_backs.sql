{# How many hours each feature of a view looks back, as its last build found it: `{feature: hours}`. #}
{% macro recorded_look_backs(view_id) %}
    {% set is_there = run_query(
        "select 1 from information_schema.columns where table_schema = 'milepost_checks' "
        ~ "and table_name = 'batches' and column_name = 'look_backs'"
    ) | length %}
    {% set found = run_query(
        "select look_backs from milepost_checks.batches where model_id = '" ~ view_id ~ "'"
    ) if is_there else [] %}
    {{ return(fromjson(found[0][0]) if found | length else {}) }}
{% endmacro %}
