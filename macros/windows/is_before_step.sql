{#
    Whether an instant has a grid step, as `grid_step` numbers it, and that is before another, in SQL.

    instant: in SQL.
    step: a number, or none: then each step is before it.
#}
{% macro is_before_step(instant, step, grid) %}
    {{ return(adapter.dispatch('is_before_step', 'milepost')(instant, step, grid)) }}
{% endmacro %}

{% macro default__is_before_step(instant, step, grid) %}
    {{ return(milepost.grid_step(instant, grid) ~ (' is not null' if step is none else ' < ' ~ step)) }}
{% endmacro %}

{# DuckDB asks this of the statistics of a file before it reads it, and sooner than the step of each fact. #}
{% macro duckdb__is_before_step(instant, step, grid) %}
    {% set first = {'day': "timestamp '-infinity'", 'hour': milepost.grid_instant(-2147483648, 'hour')}[grid] %}
    {% set last = {'day': "timestamp 'infinity'", 'hour': milepost.grid_instant(2147483647, 'hour')}[grid] %}
    {# As a TIMESTAMP: those of nanoseconds do not reach as far. #}
    {% set instant = 'cast(' ~ instant ~ ' as timestamp)' %}
    {{ return(
        instant ~ ' > ' ~ first ~ '\n        and ' ~ instant ~ ' < '
        ~ (last if step is none else milepost.grid_instant(step - 1, grid))
    ) }}
{% endmacro %}
