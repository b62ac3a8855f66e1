{#
    The square of a short number, in SQL. DuckDB squares a DECIMAL of 18 digits with up to eight behind the point as one
    of 18, which is fast and holds the square of what is below 10^9 last digits.

    short: the column, as `short_number` gives it.
    decimals: those of the number.
#}
{% macro short_square(short, decimals) %}
    {{ return(
        'case when abs(' ~ short ~ ') < cast(1e' ~ (9 - decimals) ~ ' as decimal(18, ' ~ decimals ~ ')) then ' ~ short ~ ' * ' ~ short
        ~ ' else ' ~ short ~ ' * cast(' ~ short ~ ' as decimal(19, ' ~ decimals ~ ')) end'
    ) }}
{% endmacro %}
