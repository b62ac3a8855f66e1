{#
    The first grid instant after an instant, in SQL, as a number: days, or hours, since 1970. A fact
    that is known then counts from there on. Null of null, and of what lies beyond all instants: infinity.
#}
{% macro grid_step(instant, grid) %}
    {{ return(adapter.dispatch('grid_step', 'milepost')(instant, grid)) }}
{% endmacro %}

{# Spark and Databricks, which have no infinite instants. Their counts of hours go towards 1970, those of days do not. #}
{% macro default__grid_step(instant, grid) %}
    {% set days = 'datediff(' ~ instant ~ ", date '1970-01-01')" %}
    {% set steps = days if grid == 'day' else days ~ ' * 24 + extract(hour from ' ~ instant ~ ')' %}
    {{ return('cast(' ~ steps ~ ' + 1 as int)') }}
{% endmacro %}

{% macro duckdb__grid_step(instant, grid) %}
    {{ return("try_cast(date_diff('" ~ grid ~ "', timestamp '1970-01-01', " ~ instant ~ ") as integer) + 1") }}
{% endmacro %}
