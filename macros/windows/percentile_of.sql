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
    Spark and Databricks. Not Sail's own percentiles, whose last digit is another. The two values are weighed as DuckDB
    weighs them.
#}
{% macro default__percentile_of(value, share, shares, over) %}
    {% set values, place = 'milepost__values', 'milepost__place' %}
    {% set lower = 'element_at(' ~ values ~ ', cast(floor(' ~ place ~ ') as int) + 1)' %}
    {% set higher = 'element_at(' ~ values ~ ', cast(ceil(' ~ place ~ ') as int) + 1)' %}
    {% set share_of_higher = '(' ~ place ~ ' - floor(' ~ place ~ '))' %}
    {% set between = lower ~ ' * (1 - ' ~ share_of_higher ~ ') + ' ~ higher ~ ' * ' ~ share_of_higher %}
    {% set at_place = milepost.let(place, '(size(' ~ values ~ ') - 1) * cast(' ~ share ~ ' as double)', between) %}
    {{ return(milepost.let(
        values, 'array_sort(collect_list(' ~ value ~ ')' ~ over ~ ')', 'case when size(' ~ values ~ ') > 0 then ' ~ at_place ~ ' end'
    )) }}
{% endmacro %}

{# Each percentile holds all values in memory that no limit counts: these hold them once. #}
{% macro duckdb__percentile_of(value, share, shares, over) %}
    {{ return('(quantile_cont(' ~ value ~ ', [' ~ shares | join(', ') ~ '])' ~ over ~ ')[' ~ (shares.index(share) + 1) ~ ']') }}
{% endmacro %}
