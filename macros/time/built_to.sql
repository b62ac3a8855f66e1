{#
    The last grid instant that a build can reach: midnight after the last closed landing date.

    Example: `where grid_at <= {{ built_to('freight') }}`
#}
{% macro built_to(source_name) -%}
    cast({{ milepost.closed_before(source_name) }} as timestamp)
{%- endmacro %}
