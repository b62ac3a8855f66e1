{#
    Runs DuckDB's SQL on the tables of `milepost_checks`, and returns its rows, whose values are had by their
    columns' names. They are in the scratch database; of another engine, Milepost's Python keeps them.

    sql: one statement.
    Example: `{{ run_on_records('select count(*) as build_count from milepost_checks.builds')[0]['build_count'] }}`
#}
{% macro run_on_records(sql) %}
    {{ return(adapter.dispatch('run_on_records', 'milepost')(sql)) }}
{% endmacro %}

{% macro duckdb__run_on_records(sql) %}
    {{ return(run_query(sql).rows) }}
{% endmacro %}

{% macro default__run_on_records(sql) %}
    {{ return(milepost.ask('records', {'sql': sql})) }}
{% endmacro %}
