{# Fails for each combination of values of `columns` that more than one row has. #}
{% test is_unique_on(model, columns) %}

with

validation_errors as (

    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1

)

select * from validation_errors

{% endtest %}
