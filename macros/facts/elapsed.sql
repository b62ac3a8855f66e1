{#
    The time from one instant to a later one in minutes, hours or days: DECIMAL(18, 6), so that sums are
    exact. What lies beyond the sixth place is cut off, which any engine does alike. Negative where
    the second comes first.

    unit: `minute`, `hour` or `day`.
    Example: `{{ elapsed('tenders.event_at', 'responses.event_at', 'minute') }}`
#}
{% macro elapsed(from_instant, to_instant, unit) -%}
{%- set seconds = {'minute': 60, 'hour': 3600, 'day': 86400} -%}
{%- if unit not in seconds -%}
    {%- do exceptions.raise_compiler_error(
        "elapsed: `" ~ unit ~ "` is no unit\nhint: one of " ~ seconds.keys() | join(', ')
    ) -%}
{%- endif -%}
cast(
    floor({{ milepost.time_between(from_instant, to_instant, 'microsecond') }} / {{ seconds[unit] }})
    * 0.000001 as decimal(18, 6)
)
{%- endmacro %}
