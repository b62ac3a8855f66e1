{#
    A DECIMAL as a BIGINT, in SQL; one that a BIGINT does not hold stops the query.

    number: the DECIMAL.
#}
{% macro whole_number(number) %}
    {{ return(adapter.dispatch('whole_number', 'milepost')(number)) }}
{% endmacro %}

{# Spark and Databricks, where the cast alone gives another number without ANSI mode. #}
{% macro default__whole_number(number) %}
    {{ return(
        'case when ' ~ number ~ ' not between -9223372036854775808 and 9223372036854775807 then '
        ~ milepost.fail("trailing_features: a total is beyond BIGINT\nhint: declare a `sum`")
        ~ ' else cast(' ~ number ~ ' as bigint) end'
    ) }}
{% endmacro %}

{% macro duckdb__whole_number(number) %}
    {{ return('cast(' ~ number ~ ' as bigint)') }}
{% endmacro %}
