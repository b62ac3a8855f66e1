{#
    Fails for each version of a fact (`id`) that does not end after it begins (`known_at`,
    `superseded_at`), or after the next one begins.
#}
{% test has_one_version_at_a_time(model, id) %}

with

versions as (

    select
        {{ id }},
        known_at,
        superseded_at,
        lead(known_at) over (partition by {{ id }} order by known_at) as next_known_at
    from {{ model }}

),

validation_errors as (

    select * from versions
    where
        superseded_at <= known_at
        or next_known_at <= known_at
        or next_known_at < superseded_at
        or (next_known_at is not null and superseded_at is null)

)

select * from validation_errors

{% endtest %}
