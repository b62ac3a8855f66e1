{#
    A local clock reading (515 is 05:15, 2400 is the midnight that ends the day) as an instant, UTC. A reading that comes
    twice, when summer time ends, is the second.

    Example: `{{ utc_instant('local_date', 'sched_dep_time', 'time_zone') }}`
#}
{% macro utc_instant(local_date, clock, time_zone) -%}
{%- set minutes = 'cast(floor(' ~ clock ~ ' / 100) * 60 + ' ~ clock ~ ' % 100 as bigint)' -%}
{{ adapter.dispatch('utc_of', 'flights')(
    '(cast(' ~ local_date ~ " as timestamp) + interval '1' minute * " ~ minutes ~ ')', time_zone
) }}
{%- endmacro %}

{% macro duckdb__utc_of(local_time, time_zone) -%}
timezone('UTC', timezone({{ time_zone }}, {{ local_time }}))
{%- endmacro %}

{# Spark's own takes the first of two. #}
{% macro default__utc_of(local_time, time_zone) -%}
{%- set first = 'cast(to_utc_timestamp(' ~ local_time ~ ', ' ~ time_zone ~ ') as timestamp)' -%}
{%- set second = '(' ~ first ~ " + interval '1' hour)" -%}
case
    when {{ milepost.local_time(second, time_zone) | trim }} = {{ local_time }} then {{ second }}
    else {{ first }}
end
{%- endmacro %}
