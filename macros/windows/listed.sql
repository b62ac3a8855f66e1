{#
    An aggregate, in SQL: the values of a column that are not null as one list; null where there are none.

    Example: `select carrier_id, {{ listed('amount') }} as amounts from deliveries group by carrier_id`
#}
{% macro listed(column) %}
    {{ return(adapter.dispatch('listed', 'milepost')(column)) }}
{% endmacro %}

{# Spark and Databricks, whose list of nothing is an empty one. #}
{% macro default__listed(column) %}
    {{ return('case when count(' ~ column ~ ') > 0 then collect_list(' ~ column ~ ') end') }}
{% endmacro %}

{% macro duckdb__listed(column) %}
    {{ return('list(' ~ column ~ ') filter (where ' ~ column ~ ' is not null)') }}
{% endmacro %}
