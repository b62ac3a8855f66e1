{#
    Writes records into `milepost_checks.<table>`, replacing those with the same primary key.

    columns: the table's columns and key in SQL; each also has `recorded_at`, the start of the
    dbt command.
    records: a list of lists, in the order of the columns.
#}
{% macro keep_records(table, columns, records) %}
    {% do run_query(
        "create table if not exists milepost_checks." ~ table ~ " (recorded_at timestamp, " ~ columns ~ ")"
    ) %}
    {% set rows = [] %}
    {% for record in records %}
        {% set values = [] %}
        {% for value in [run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f')] + record %}
            {% do values.append("'" ~ (value | string | replace("'", "''")) ~ "'") %}
        {% endfor %}
        {% do rows.append("(" ~ values | join(", ") ~ ")") %}
    {% endfor %}
    {% if rows %}
        {% do run_query("insert or replace into milepost_checks." ~ table ~ " values " ~ rows | join(", ")) %}
    {% endif %}
{% endmacro %}
