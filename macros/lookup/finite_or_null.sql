{#
    A double, in SQL, with null for NaN and infinity: a number is finite or it is not there.

    number: the double, an expression.
    Example: `{{ finite_or_null('milepost__entity_rows.offered_rpm_usd') }}`
#}
{% macro finite_or_null(number) -%}
    case when {{ milepost.is_finite(number) | trim }} then {{ number }} end
{%- endmacro %}
