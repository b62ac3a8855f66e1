{#
    A local clock reading (515 is 05:15, 2400 is the midnight that ends the day) as an instant, UTC.

    Example: `{{ utc_instant('local_date', 'sched_dep_time', 'time_zone') }}`
#}
{% macro utc_instant(local_date, clock, time_zone) -%}
timezone(
    'UTC',
    timezone(
        {{ time_zone }},
        cast({{ local_date }} as timestamp) + to_minutes({{ clock }} // 100 * 60 + {{ clock }} % 100)
    )
)
{%- endmacro %}
