{#
    How many days or microseconds lie between two instants, in SQL: a day ends at midnight. Negative where the second
    comes first.

    unit: `day` or `microsecond`.
    Example: `{{ time_between('tenders.event_at', 'responses.event_at', 'microsecond') }}`
#}
{% macro time_between(from_instant, to_instant, unit) -%}
{{ adapter.dispatch('time_between', 'milepost')(from_instant, to_instant, unit=unit) | trim }}
{%- endmacro %}

{# Spark and Databricks, in a session whose time zone is UTC: `dbt.datediff` there counts milliseconds at best. #}
{% macro default__time_between(from_instant, to_instant, unit) -%}
{%- if unit == 'day' -%}
datediff({{ to_instant }}, {{ from_instant }})
{%- else -%}
(unix_micros(cast({{ to_instant }} as timestamp_ltz)) - unix_micros(cast({{ from_instant }} as timestamp_ltz)))
{%- endif -%}
{%- endmacro %}

{% macro duckdb__time_between(from_instant, to_instant, unit) -%}
{{ dbt.datediff(from_instant, to_instant, unit) }}
{%- endmacro %}
