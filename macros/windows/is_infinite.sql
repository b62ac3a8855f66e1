{# Whether a value is NaN, or an infinite number or instant, in SQL, whatever its type. #}
{% macro is_infinite(value) %}
    {{ return(adapter.dispatch('is_infinite', 'milepost')(value)) }}
{% endmacro %}

{# Engines agree on how they write such a number; a text that says the same is none. #}
{% macro default__is_infinite(value) %}
    {{ return(
        "case when lower(typeof(" ~ value ~ ")) in ('double', 'float') then lower(cast(" ~ value ~ " as string)) in "
        ~ "('nan', 'inf', '-inf', 'infinity', '-infinity') else false end"
    ) }}
{% endmacro %}

{# `try_cast` binds for each type; `typeof` is known before a row is read. #}
{% macro duckdb__is_infinite(value) %}
    {{ return(
        "case when typeof(" ~ value ~ ") in ('DOUBLE', 'FLOAT') then not isfinite(try_cast(" ~ value ~ " as double)) "
        ~ "when typeof(" ~ value ~ ") similar to '(TIMESTAMP|DATE).*' then not isfinite(try_cast(" ~ value ~ " as timestamp)) "
        ~ "else false end"
    ) }}
{% endmacro %}
