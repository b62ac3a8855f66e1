{# Fails for the rows whose value lies outside [min_value, max_value]; null passes. #}
{% test is_between(model, column_name, min_value=none, max_value=none) %}

{%- if min_value is none and max_value is none -%}
    {%- do exceptions.raise_compiler_error(
        "is_between on `" ~ column_name ~ "` has no bound\nhint: give `min_value`, `max_value` or both"
    ) -%}
{%- endif -%}
{%- set outside = [] -%}
{%- if min_value is not none -%}
    {%- do outside.append(column_name ~ " < " ~ min_value) -%}
{%- endif -%}
{%- if max_value is not none -%}
    {%- do outside.append(column_name ~ " > " ~ max_value) -%}
{%- endif -%}
with

validation_errors as (

    select {{ column_name }}
    from {{ model }}
    where {{ outside | join(" or ") }}

)

select * from validation_errors

{% endtest %}
