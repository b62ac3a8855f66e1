{#
    The first grid instant after an instant, in SQL, as a number: days, or hours, since 1970. A fact
    that is known then counts from there on. Null of null, and of what lies beyond all instants: infinity.
#}
{% macro grid_step(instant, grid) %}
    {{ return(adapter.dispatch('grid_step', 'milepost')(instant, grid)) }}
{% endmacro %}

{# An engine without infinite instants needs no care for them. #}
{% macro default__grid_step(instant, grid) %}
    {{ return('cast(' ~ dbt.datediff("cast('1970-01-01' as timestamp)", instant, grid) ~ ' as int) + 1') }}
{% endmacro %}

{% macro duckdb__grid_step(instant, grid) %}
    {{ return("try_cast(date_diff('" ~ grid ~ "', timestamp '1970-01-01', " ~ instant ~ ") as integer) + 1") }}
{% endmacro %}
