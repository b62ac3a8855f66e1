{# The sum of a measure along its key, in SQL, over the window `so_far`: a count stays a BIGINT. #}
{% macro running_total(name) %}
    {% set total = 'sum(' ~ name ~ ') over so_far' %}
    {{ return(total if name.endswith('_sum') or name.endswith('_squares') else 'cast(' ~ total ~ ' as bigint)') }}
{% endmacro %}
