{#
    Makes the table of a seed anew, before its rows are inserted. dbt-spark drops the table and creates it: where its
    catalogue forgets a table and its files stay, the rows would be there twice.
#}
{% macro spark__create_csv_table(model, agate_table) %}
    {% set columns, types = [], model.config.get('column_types', {}) %}
    {% for name in agate_table.column_names %}
        {% do columns.append(
            adapter.quote_seed_column(name, model.config.get('quote_columns'))
            ~ ' ' ~ types.get(name, adapter.convert_type(agate_table, loop.index0))
        ) %}
    {% endfor %}
    {% set sql %}
        create or replace table {{ this }} ({{ columns | join(', ') }}) {{ milepost.place_of_table(model) }}
    {% endset %}
    {% do run_query(sql) %}
    {{ return(sql) }}
{% endmacro %}
