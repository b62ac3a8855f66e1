{#
    Makes the tables of `milepost_checks`, where the scratch database lacks them. Runs on-run-start.

    Records in another form, of another Milepost, are dropped: what they describe is built anew.
#}
{% macro create_records() %}
    {% if execute and flags.WHICH in ['run', 'build', 'seed', 'snapshot', 'test'] %}
        {% do milepost.remove_steps() %}
        {% set forms = milepost.run_on_records(
            "select comment from duckdb_tables() where schema_name = 'milepost_checks' and table_name = 'batches' "
            ~ "and database_name = current_database()"
        ) %}
        {% for statement in milepost.ask('record_tables', {'form': forms[0]['comment'] if forms else none}) %}
            {% do milepost.run_on_records(statement) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
