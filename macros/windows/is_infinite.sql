{# Whether a value is NaN, or an infinite number or instant, in SQL, whatever its type. #}
{% macro is_infinite(value) %}
    {{ return(adapter.dispatch('is_infinite', 'milepost')(value)) }}
{% endmacro %}

{# `try_cast` binds for each type; `typeof` is known before a row is read. #}
{% macro duckdb__is_infinite(value) %}
    {{ return(
        "case when typeof(" ~ value ~ ") in ('DOUBLE', 'FLOAT') then not isfinite(try_cast(" ~ value ~ " as double)) "
        ~ "when typeof(" ~ value ~ ") similar to '(TIMESTAMP|DATE).*' then not isfinite(try_cast(" ~ value ~ " as timestamp)) "
        ~ "else false end"
    ) }}
{% endmacro %}
