{#
    A row for each whole number from one up to, not including, another, in SQL, in the select list. The first is below
    the second.

    Example: `select carrier_id, {{ each_number('first_step', 'end_step') }} as step from stays`
#}
{% macro each_number(first, end) %}
    {{ return(adapter.dispatch('each_number', 'milepost')(first, end)) }}
{% endmacro %}

{# Spark and Databricks; SQL has no such function of its own. #}
{% macro default__each_number(first, end) %}
    {{ return('explode(sequence(' ~ first ~ ', ' ~ end ~ ' - 1))') }}
{% endmacro %}

{% macro duckdb__each_number(first, end) %}
    {{ return('cast(unnest(range(' ~ first ~ ', ' ~ end ~ ')) as integer)') }}
{% endmacro %}
