{#
    A row for each value of a list, in SQL, in the select list.

    Example: `select carrier_id, {{ each_listed('amounts') }} as amount from listed_deliveries`
#}
{% macro each_listed(values) %}
    {{ return(adapter.dispatch('each_listed', 'milepost')(values)) }}
{% endmacro %}

{# Spark and Databricks; SQL has no such function of its own. #}
{% macro default__each_listed(values) %}
    {{ return('explode(' ~ values ~ ')') }}
{% endmacro %}

{% macro duckdb__each_listed(values) %}
    {{ return('unnest(' ~ values ~ ')') }}
{% endmacro %}
