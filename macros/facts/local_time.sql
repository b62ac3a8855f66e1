{#
    What the clocks of a time zone show at an instant: a timestamp.

    instant, time_zone: an instant in UTC, and a name such as `America/Chicago`, in SQL. A name that the
    engine does not know is its error.
    Example: `{{ local_time('loads.pickup_due_at', 'facilities.time_zone') }}`
#}
{% macro local_time(instant, time_zone) -%}
{{ adapter.dispatch('local_time', 'milepost')(instant, time_zone) }}
{%- endmacro %}

{% macro duckdb__local_time(instant, time_zone) -%}
timezone({{ time_zone }}, timezone('UTC', {{ instant }}))
{%- endmacro %}

{# Spark and Databricks, in a session whose time zone is UTC. #}
{% macro default__local_time(instant, time_zone) -%}
cast(from_utc_timestamp({{ instant }}, {{ time_zone }}) as timestamp)
{%- endmacro %}
