{#
    The type of a measure's sum along its key, in SQL. What is added of values has 37 digits: engines subtract these much
    faster than those of 38, as the difference has a digit to grow.

    column: the measure's.
#}
{% macro total_type(column) %}
    {{ return(milepost.measure_type(column) | replace('38', '37')) }}
{% endmacro %}
