{#
    A value in a union, in SQL. Sail takes the types of a union from its first select: it computes with others, and
    what it stores has those.

    value: `0`, `null`, or an expression of the same type on each engine but for its digits.
    name: the measure's column, or `step`.
#}
{% macro typed(value, name) %}
    {{ return(adapter.dispatch('typed', 'milepost')(value, name)) }}
{% endmacro %}

{% macro default__typed(value, name) %}
    {{ return('cast(' ~ value ~ ' as ' ~ ('int' if name == 'step' else milepost.measure_type(name)) ~ ')') }}
{% endmacro %}

{% macro duckdb__typed(value, name) %}
    {{ return(value) }}
{% endmacro %}
