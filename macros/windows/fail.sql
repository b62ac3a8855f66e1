{# Stops a query with a message, in SQL: an expression of any type, an error where it is evaluated. #}
{% macro fail(message) %}
    {{ return(adapter.dispatch('fail', 'milepost')(
        "'" ~ message | replace("'", "''") | replace('\n', "' || chr(10) || '") ~ "'"
    )) }}
{% endmacro %}

{# What Spark and Databricks call it; SQL has no such function of its own. #}
{% macro default__fail(message) %}
    {{ return('raise_error(' ~ message ~ ')') }}
{% endmacro %}

{% macro duckdb__fail(message) %}
    {{ return('error(' ~ message ~ ')') }}
{% endmacro %}
