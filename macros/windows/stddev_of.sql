{# The sample standard deviation from a count, a sum and a sum of squares, in SQL; null below two. #}
{% macro stddev_of(count, sum, squares) -%}
case when {{ count }} > 1 then sqrt(greatest(0, {{ squares }} - {{ sum }} * {{ sum }} / {{ count }}) / ({{ count }} - 1)) end
{%- endmacro %}
