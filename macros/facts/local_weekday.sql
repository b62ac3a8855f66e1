{#
    The day of the week in a time zone at an instant, by ISO 8601: Monday is 1 and Sunday is 7. The arguments are
    those of `local_time`.

    Example: `{{ local_weekday('loads.pickup_due_at', 'facilities.time_zone') }}`
#}
{% macro local_weekday(instant, time_zone) -%}
{# Engines number the days of the week differently. January 5, 1970 was a Monday; `+ 7` is for days before it. #}
cast(mod(mod({{ milepost.time_between("'1970-01-05'", milepost.local_time(instant, time_zone) | trim, 'day') }}, 7) + 7, 7) + 1 as bigint)
{%- endmacro %}
