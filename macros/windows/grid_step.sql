{#
    The first grid instant after an instant, in SQL, as a number: days, or hours, since 1970. A fact
    that is known then counts from there on. Null of null, and of what lies beyond all instants: infinity.
#}
{% macro grid_step(instant, grid) %}
    {{ return(adapter.dispatch('grid_step', 'milepost')(instant, grid)) }}
{% endmacro %}

{% macro duckdb__grid_step(instant, grid) %}
    {{ return("try_cast(date_diff('" ~ grid ~ "', timestamp '1970-01-01', " ~ instant ~ ") as integer) + 1") }}
{% endmacro %}
