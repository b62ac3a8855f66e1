{# A grid instant that `grid_step` has numbered, in SQL. #}
{% macro grid_instant(step, grid) %}
    {{ return(adapter.dispatch('grid_instant', 'milepost')(step, grid)) }}
{% endmacro %}

{% macro default__grid_instant(step, grid) %}
    {{ return("timestamp '1970-01-01' + interval '1' " ~ grid ~ " * " ~ step) }}
{% endmacro %}

{# DuckDB takes much longer to add an interval than to count microseconds. #}
{% macro duckdb__grid_instant(step, grid) %}
    {{ return('make_timestamp(' ~ step ~ ' * ' ~ {'day': 86400000000, 'hour': 3600000000}[grid] ~ ')') }}
{% endmacro %}
