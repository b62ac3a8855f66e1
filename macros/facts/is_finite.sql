{#
    Whether a number, an instant or a date is neither infinite nor NaN, in SQL; null where it is null.

    Example: `{{ is_finite('miles') }}`
#}
{% macro is_finite(column) -%}
    {{ adapter.dispatch('is_finite', 'milepost')(column) }}
{%- endmacro %}

{# Engines agree on how they write such a value, if not on a function that finds it. #}
{% macro default__is_finite(column) -%}
    (lower(cast({{ column }} as string)) not in ('nan', 'inf', '-inf', 'infinity', '-infinity'))
{%- endmacro %}

{% macro duckdb__is_finite(column) -%}
    isfinite({{ column }})
{%- endmacro %}
