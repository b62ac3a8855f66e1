{#
    The hour that the clocks of a time zone show at an instant, 0 to 23. The arguments are those of `local_time`.

    Example: `{{ local_hour('loads.pickup_due_at', 'facilities.time_zone') }}`
#}
{% macro local_hour(instant, time_zone) -%}
cast(extract(hour from {{ milepost.local_time(instant, time_zone) | trim }}) as bigint)
{%- endmacro %}
