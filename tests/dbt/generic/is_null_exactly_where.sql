{# Fails for the rows where the column is null and `condition` is not true, or the reverse. #}
{% test is_null_exactly_where(model, column_name, condition) %}

with

validation_errors as (

    select *
    from {{ model }}
    where ({{ column_name }} is null) <> coalesce({{ condition }}, false)

)

select * from validation_errors

{% endtest %}
