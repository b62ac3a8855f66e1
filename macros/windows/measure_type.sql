{#
    The type of a measure, in SQL: DECIMAL for what is added of values, BIGINT for counts.

    name: the measure's column.
#}
{% macro measure_type(name) %}
    {% set number = modules.re.match('milepost__(sum|low|high)([0-9]+)', name) %}
    {% set decimals = {'sum': 1, 'low': 2, 'high': 0}[number.group(1)] * number.group(2) | int if number else 0 %}
    {{ return('decimal(38, ' ~ decimals ~ ')' if number else 'bigint') }}
{% endmacro %}
