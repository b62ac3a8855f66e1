{#
    Whether a value is a whole number, in SQL. Of text, which is rounded when it is compared with a DECIMAL, the DOUBLE
    says it.

    number: the value as a DECIMAL without a fraction, in SQL.
    value: the value.
#}
{% macro is_whole_number(number, value) %}
    {{ return(number ~ ' = ' ~ value ~ ' and cast(' ~ number ~ ' as double) = cast(' ~ value ~ ' as double)') }}
{% endmacro %}
