{#
    A percentile of a list, in SQL of Spark: between two values, as far between as it lies.

    values: the list, in SQL, in any order.
    sorted_values: the list, sorted.
    share: the share of values below it.
#}
{% macro percentile_of_sorted(values, sorted_values, share) %}
    {% set place = 'milepost__place' %}
    {% set lower = 'element_at(' ~ sorted_values ~ ', cast(floor(' ~ place ~ ') as int) + 1)' %}
    {% set higher = 'element_at(' ~ sorted_values ~ ', cast(ceil(' ~ place ~ ') as int) + 1)' %}
    {% set share_of_higher = '(' ~ place ~ ' - floor(' ~ place ~ '))' %}
    {% set between = lower ~ ' * (1 - ' ~ share_of_higher ~ ') + ' ~ higher ~ ' * ' ~ share_of_higher %}
    {% set at_place = milepost.let(place, '(size(' ~ values ~ ') - 1) * cast(' ~ share ~ ' as double)', between) %}
    {{ return('case when size(' ~ values ~ ') > 0 then ' ~ at_place ~ ' end') }}
{% endmacro %}
