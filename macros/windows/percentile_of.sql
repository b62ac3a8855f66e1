{#
    A percentile of a value over a group, in SQL: between two values, as far between as it lies.

    value: the value, a DOUBLE, in SQL.
    share: the share of values below it, 0.9 of `p90`.
    shares: those of all percentiles of this value in the select, with it, ascending.
    Example: `{{ percentile_of('price', 0.5, [0.5, 0.9]) }}`
#}
{% macro percentile_of(value, share, shares) %}
    {{ return(adapter.dispatch('percentile_of', 'milepost')(value, share, shares)) }}
{% endmacro %}

{# Spark and Databricks. Not `percentile_cont`, whose place between two values Sail 0.7 rounds to a millionth. #}
{% macro default__percentile_of(value, share, shares) %}
    {{ return('percentile(' ~ value ~ ', ' ~ share ~ ')') }}
{% endmacro %}

{# Each percentile holds all values in memory that no limit counts: these hold them once. #}
{% macro duckdb__percentile_of(value, share, shares) %}
    {{ return('quantile_cont(' ~ value ~ ', [' ~ shares | join(', ') ~ '])[' ~ (shares.index(share) + 1) ~ ']') }}
{% endmacro %}
