{#
    Writes records into `milepost_checks.<table>`, replacing those of the same node, with the code
    that the node has in `milepost_checks.codes` where the table has one.

    records: a list of lists: the node's id and the table's other columns, in their order.
#}
{% macro keep_records(table, records, with_code=true) %}
    {% set rows = [] %}
    {% for record in records %}
        {% set values = [] %}
        {% for value in [run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f')] + record %}
            {% do values.append("'" ~ (value | string | replace("'", "''")) ~ "'") %}
        {% endfor %}
        {% do rows.append("(" ~ values | join(", ") ~ ")") %}
    {% endfor %}
    {% if rows and with_code %}
        {% do run_query(
            "insert or replace into milepost_checks." ~ table
            ~ " select records.*, codes.code, codes.parts from (values " ~ rows | join(", ") ~ ") as records"
            ~ " left join milepost_checks.codes on records.col1 = codes.node_id"
        ) %}
    {% elif rows %}
        {% do run_query("insert or replace into milepost_checks." ~ table ~ " values " ~ rows | join(", ")) %}
    {% endif %}
{% endmacro %}
