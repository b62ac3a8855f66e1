{#
    Makes the tables of `milepost_checks`, where the scratch database lacks them, and writes into
    `codes` the code of each model, seed and test as it is now. Runs on-run-start.

    Records in another form, of another Milepost, are dropped: what they describe is built anew.
#}
{% macro create_records() %}
    {% if execute and flags.WHICH in ['run', 'build', 'seed', 'test'] %}
        {% do adapter.dispatch('create_records', 'milepost')() %}
    {% endif %}
{% endmacro %}

{% macro duckdb__create_records() %}
    {% set tables = {
        'batches': 'model_id varchar primary key, built_to varchar, code varchar, parts json, '
            ~ 'look_backs json',
        'slices': 'node_id varchar primary key, first_date varchar, closed_before varchar, is_built boolean',
        'builds': 'recorded_at timestamp, node_id varchar primary key, status varchar, narrowed_by varchar, '
            ~ 'raw_logs json, relation varchar, target varchar, fingerprint varchar, code varchar, parts json',
        'tests': 'recorded_at timestamp, test_id varchar primary key, status varchar, narrowed_by varchar, '
            ~ 'code varchar, parts json',
        'tested_tables': 'recorded_at timestamp, test_id varchar, model_id varchar, fingerprint varchar, '
            ~ 'primary key (test_id, model_id)',
        'set_aside': 'recorded_at timestamp, model_id varchar, base varchar, table_name varchar, reason varchar, '
            ~ 'set_aside_count bigint, row_count bigint, set_aside_share double, recent_set_aside_share double',
    } %}
    {% set form = local_md5(tojson(tables)) %}
    {% set known = run_query(
        "select comment from duckdb_tables() where schema_name = 'milepost_checks' and table_name = 'batches' "
        ~ "and database_name = current_database()"
    ).columns[0].values() | list %}
    {% if known != [form] %}
        {% do run_query("drop schema if exists milepost_checks cascade") %}
        {% do run_query("create schema milepost_checks") %}
        {% for name, columns in tables.items() %}
            {% do run_query("create table milepost_checks." ~ name ~ " (" ~ columns ~ ")") %}
        {% endfor %}
        {% do run_query("comment on table milepost_checks.batches is '" ~ form ~ "'") %}
    {% endif %}
    {# Without a table to build there is no need to read the raw logs. #}
    {% set raw_logs = milepost.raw_logs() if flags.WHICH in ['run', 'build'] else {} %}
    {% set codes = milepost.raw_log_answer('milepost_codes', tojson(raw_logs)) %}
    {% do run_query(
        "create or replace table milepost_checks.codes (node_id varchar, code varchar, parts json)"
    ) %}
    {% set rows = [] %}
    {% for node_id, code in codes.items() %}
        {% do rows.append("('" ~ node_id ~ "', '" ~ code.code ~ "', '" ~ tojson(code.parts) | replace("'", "''") ~ "')") %}
    {% endfor %}
    {% if rows %}{% do run_query("insert into milepost_checks.codes values " ~ rows | join(', ')) %}{% endif %}
{% endmacro %}
