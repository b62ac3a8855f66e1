{# The type of a measure's sum along its key, in SQL. #}
{% macro total_type(column) %}
    {{ return(milepost.measure_type(column) | replace('38', '37')) }}
{% endmacro %}
