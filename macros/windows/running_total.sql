{#
    The sum of a measure along its key, in SQL, over the window `milepost__so_far`. A count stays a BIGINT: the sum
    of BIGINTs is wider on some engines. What is added of values has 37 digits: engines subtract these much faster than
    those of 38, as the difference has a digit to grow.

    name: the measure's column.
#}
{% macro running_total(name) %}
    {% set total = 'sum(' ~ name ~ ') over milepost__so_far' %}
    {{ return('cast(' ~ total ~ ' as ' ~ milepost.measure_type(name) | replace('38', '37') ~ ')') }}
{% endmacro %}
