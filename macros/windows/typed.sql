{#
    A constant in a union, in SQL. Sail takes the types of a union from its first select: it computes with others, and
    what it stores has those.

    constant: `0` or `null`.
    name: the measure's column, or `step`.
#}
{% macro typed(constant, name) %}
    {{ return(adapter.dispatch('typed', 'milepost')(constant, name)) }}
{% endmacro %}

{% macro default__typed(constant, name) %}
    {{ return('cast(' ~ constant ~ ' as ' ~ ('int' if name == 'step' else milepost.measure_type(name)) ~ ')') }}
{% endmacro %}

{% macro duckdb__typed(constant, name) %}
    {{ return(constant) }}
{% endmacro %}
