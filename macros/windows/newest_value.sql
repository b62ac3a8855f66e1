{#
    The newest value of a column in a window that is not null, in SQL, without its `over`.

    Example: `{{ newest_value('price') }} over (partition by carrier_id order by known_at)`
#}
{% macro newest_value(column) %}
    {{ return(adapter.dispatch('newest_value', 'milepost')(column)) }}
{% endmacro %}

{# Spark and Databricks. `milepost/building/look_back.py` knows this form, which DuckDB does not parse. #}
{% macro default__newest_value(column) %}
    {{ return('last_value(' ~ column ~ ', true)') }}
{% endmacro %}

{% macro duckdb__newest_value(column) %}
    {{ return('last_value(' ~ column ~ ' ignore nulls)') }}
{% endmacro %}
