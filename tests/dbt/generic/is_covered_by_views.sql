{#
    Fails for the rows of a training set at whose instant a feature view that it looks up is not
    built, or the window of a feature that it looks up not full.

    full_windows: false to let the rows before the windows are full pass.
#}
{% test is_covered_by_views(model, column_name, full_windows=true) %}

{%- set outside = [column_name ~ " >= " ~ milepost.built_through()] -%}
{%- if full_windows -%}
    {%- do outside.append(column_name ~ " < " ~ milepost.complete_from()) -%}
{%- endif -%}
with

validation_errors as (

    select {{ column_name }}
    from {{ model }}
    where {{ outside | join(" or ") }}

)

select * from validation_errors

{% endtest %}
