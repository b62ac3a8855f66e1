{#
    Fails where a condition holds for more than a share of a model's rows, or of those that became known in its
    last 28 days, which a long history does not dilute. Of fewer rows than `row_count_min` a share says nothing.
#}
{% test is_rare(model, condition, share_max, row_count_min=100) %}

with

judged as (

    select
        known_at,
        case
            when {{ condition }}
                then 1
            else 0
        end as is_met,
        max(known_at) over () as newest_known_at
    from {{ model }}

),

shares as (

    select
        'all rows' as span,
        count(*) as row_count,
        sum(is_met) as met_count
    from judged
    union all
    select
        'last 28 days' as span,
        count(*) as row_count,
        sum(is_met) as met_count
    from judged
    where known_at > newest_known_at - interval '28' day

),

validation_errors as (

    select
        span,
        row_count,
        met_count
    from shares
    where
        row_count >= {{ row_count_min }}
        and met_count > {{ share_max }} * row_count

)

select * from validation_errors

{% endtest %}
