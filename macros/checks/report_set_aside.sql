{#
    Says how many rows the models of the project set aside, by raw table, reason and column: of the whole
    build, and of the last 28 landing dates.
#}
{% macro report_set_aside() %}
    {% set counts = milepost.run_on_records(
        "select * from milepost_checks.set_aside where reason is not null order by table_name, reason, column_name"
    ) | selectattr('model_id', 'in', graph.nodes) | list %}
    {% for count in counts %}
        {% do log(
            "Set aside: " ~ count['all_set_aside_count'] | int ~ " of " ~ count['all_row_count'] | int ~ " rows of "
            ~ count['table_name'] ~ ", " ~ count['reason']
            ~ (" of `" ~ count['column_name'] ~ "`" if count['column_name'] else "")
            ~ "; in the last 28 landing dates " ~ count['set_aside_count'] | int ~ " of " ~ count['row_count'] | int,
            info=true
        ) %}
    {% else %}
        {% do log("Set aside: no row", info=true) %}
    {% endfor %}
{% endmacro %}
