{#
    Keeps what a query counts, in `milepost_checks.set_aside`.

    counts: a query with the columns of that table, by their names.
#}
{% macro keep_set_aside(counts) %}
    {{ return(adapter.dispatch('keep_set_aside', 'milepost')(counts)) }}
{% endmacro %}

{% macro duckdb__keep_set_aside(counts) %}
    {% do run_query("insert into milepost_checks.set_aside by name" ~ counts) %}
{% endmacro %}

{% macro default__keep_set_aside(counts) %}
    {% set rows = [] %}
    {% for row in run_query(counts).rows %}
        {% set values = {} %}
        {% for name, value in row.dict().items() %}
            {% do values.update({name: value | string if value is not none else none}) %}
        {% endfor %}
        {% do rows.append(values) %}
    {% endfor %}
    {% do milepost.ask('keep_set_aside', {'rows': rows}) %}
{% endmacro %}
