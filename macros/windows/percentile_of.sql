{#
    A percentile of a value over a group, in SQL: between two values, as far between as it lies.

    value: the value, a DOUBLE, in SQL.
    share: the share of values below it, 0.9 of `p90`.
    shares: those of all percentiles of this value in the select, with it, ascending.
    over: the window of rows, in SQL, where they are not grouped.
    Example: `{{ percentile_of('price', 0.5, [0.5, 0.9]) }}`
#}
{% macro percentile_of(value, share, shares, over='') %}
    {{ return(adapter.dispatch('percentile_of', 'milepost')(value, share, shares, over)) }}
{% endmacro %}

{#
    Spark and Databricks. Not their own percentiles, whose last digit is another. The two values are weighed as DuckDB
    weighs them. What stands in it more than once is computed as often: a list is sorted where its order matters.
#}
{% macro default__percentile_of(value, share, shares, over) %}
    {% set values = 'collect_list(' ~ value ~ ')' ~ over %}
    {{ return(milepost.percentile_of_sorted(values, 'sort_array(' ~ values ~ ')', share)) }}
{% endmacro %}

{# Sail computes it once. Its `sort_array` takes twice the time. #}
{% macro sail__percentile_of(value, share, shares, over) %}
    {% set values = 'array_sort(collect_list(' ~ value ~ ')' ~ over ~ ')' %}
    {{ return(milepost.percentile_of_sorted(values, values, share)) }}
{% endmacro %}

{# Each percentile holds all values in memory that no limit counts: a list of several holds them once. #}
{% macro duckdb__percentile_of(value, share, shares, over) %}
    {% set is_one = shares | length == 1 %}
    {% set percentiles = 'quantile_cont(' ~ value ~ ', ' ~ (share if is_one else '[' ~ shares | join(', ') ~ ']') ~ ')' ~ over %}
    {{ return(percentiles if is_one else '(' ~ percentiles ~ ')[' ~ (shares.index(share) + 1) ~ ']') }}
{% endmacro %}
