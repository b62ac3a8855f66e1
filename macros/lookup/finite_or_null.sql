{#
    A double, in SQL, with null for NaN and infinity: a number is finite or it is not there. NaN is
    greater than every number, or equal to none: either way it is not within the bound.

    number: the double, an expression.
    Example: `{{ finite_or_null('entity_rows.offered_rpm_usd') }}`
#}
{% macro finite_or_null(number) -%}
    case when abs({{ number }}) <= 1.7976931348623157e308 then {{ number }} end
{%- endmacro %}
