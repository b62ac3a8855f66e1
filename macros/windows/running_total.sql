{#
    The sum of a measure along its key, in SQL, over the window `milepost__so_far`. A count stays a BIGINT: the sum
    of BIGINTs is wider on some engines.

    name: the measure's column.
#}
{% macro running_total(name) %}
    {% set total = 'sum(' ~ name ~ ') over milepost__so_far' %}
    {% set is_number = modules.re.match('milepost__(sum|low|high)[0-9]', name) %}
    {{ return(total if is_number else 'cast(' ~ total ~ ' as bigint)') }}
{% endmacro %}
