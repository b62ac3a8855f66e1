{#
    What a change that leaves a measure as it is adds to it, in SQL: null, of the measure's type, without which Sail
    does not know of which type the sum is.

    name: the measure's column.
#}
{% macro no_change(name) %}
    {% set number = modules.re.match('milepost__(sum|low|high)([0-9]+)', name) %}
    {% set decimals = {'sum': 1, 'low': 2, 'high': 0}[number.group(1)] * number.group(2) | int if number else 0 %}
    {{ return('cast(null as ' ~ ('decimal(38, ' ~ decimals ~ ')' if number else 'bigint') ~ ')') }}
{% endmacro %}
