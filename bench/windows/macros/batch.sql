{# What the test asks for, where a build would look at what is there. #}
{% macro batch() %}
    {{ return({'start': var('start', none), 'end': var('end', none)}) }}
{% endmacro %}
