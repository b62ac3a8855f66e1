{# What a unit test compares: its rows are computed as a build would compute them. #}
{% macro spark__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}
    {{ dbt.default__get_unit_test_sql(milepost.with_stored_steps(main_sql), expected_fixture_sql, expected_column_names) }}
{% endmacro %}
