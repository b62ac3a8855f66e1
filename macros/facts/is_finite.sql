{#
    Whether a number, an instant or a date is neither infinite nor NaN, in SQL; null where it is null.

    Example: `{{ is_finite('miles') }}`
#}
{% macro is_finite(column) -%}
    {{ adapter.dispatch('is_finite', 'milepost')(column) }}
{%- endmacro %}

{#
    Engines agree on how they write such a number, if not on a function that finds it. Spark and Databricks have no
    infinite instant or date: what other engines put in its place in a Parquet file is the last or the first of theirs,
    for which Sail writes `ERROR`.
#}
{% macro default__is_finite(column) -%}
    (lower(cast({{ column }} as string)) not in (
        'nan', 'inf', '-inf', 'infinity', '-infinity', 'error',
        '+294247-01-10 04:00:54.775807', '-290308-12-21 19:59:05.224193', '+5881580-07-11', '-5877641-06-24'
    ))
{%- endmacro %}

{% macro duckdb__is_finite(column) -%}
    isfinite({{ column }})
{%- endmacro %}
