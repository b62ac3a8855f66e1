{# Stops a query with a message, in SQL: an expression of any type, an error where it is evaluated. #}
{% macro fail(message) %}
    {{ return(adapter.dispatch('fail', 'milepost')(message)) }}
{% endmacro %}

{% macro duckdb__fail(message) %}
    {{ return("error('" ~ message | replace("'", "''") | replace('\n', "' || chr(10) || '") ~ "')") }}
{% endmacro %}
