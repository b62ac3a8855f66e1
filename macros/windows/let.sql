{#
    An expression that uses a value by a name, in SQL, so that the value is computed once, and not at
    all where a `case` does not come to it.

    Example: `{{ let('milepost__half', 'amount / 2', 'milepost__half * milepost__half') }}`
#}
{% macro let(name, value, expression) %}
    {{ return(adapter.dispatch('let', 'milepost')(name, value, expression)) }}
{% endmacro %}

{# SQL names no value within an expression: the value stands wherever its name does. #}
{% macro default__let(name, value, expression) %}
    {{ return(modules.re.sub('\\b' ~ name ~ '\\b', '(' ~ value ~ ')', expression)) }}
{% endmacro %}

{% macro duckdb__let(name, value, expression) %}
    {{ return('list_transform([' ~ value ~ '], lambda ' ~ name ~ ': ' ~ expression ~ ')[1]') }}
{% endmacro %}
