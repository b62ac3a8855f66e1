{#
    The versions of each fact, from the sound rows of a base model: its id and content, `event_at`,
    `known_at`, and `superseded_at`, the instant from which a correction replaces it (null: none
    has).

    - The same id with the same content landing again within `duplicates_within_days` is a repeated
      delivery: the first counts. With other content it is a correction.
    - A fact counts from when everything that it refers to is known as well. One that refers to
      nothing is set aside.

    base: a model with a `fault` (see `row_fault`), `event_at` and `known_at`.
    id: the column that names the fact.
    content: the other columns.
    references: `{'<column>': [<staged facts>, '<their id>']}`; null refers to nothing on purpose.
    code_lists: `{'<column>': [<seed>, '<its key>']}`.
    duplicates_within_days: how late a source may deliver the same row again. Seven is the longest
    that a redelivery takes at any of ours, with room; 2026-11.
    Example: `{{ staged_facts(ref('base_freight__claims'), id='claim_id', content=['load_id'],
    references={'load_id': [ref('stg_freight__loads'), 'load_id']}) }}`
#}
{% macro staged_facts(
    base, id, content, references={}, code_lists={}, duplicates_within_days=7
) -%}
{%- if duplicates_within_days is not number or duplicates_within_days < 0 -%}
    {%- do exceptions.raise_compiler_error(
        "staged_facts: `duplicates_within_days` is `" ~ duplicates_within_days
        ~ "`\nhint: give a number of days, 0 or more"
    ) -%}
{%- endif -%}
with

deliveries as (

    select
        {{ id }},
        {%- for column in content %}
        {{ column }},
        {%- endfor %}
        event_at,
        known_at,
        lag(known_at) over (
            partition by
                {{ id }},
                {%- for column in content %}
                {{ column }},
                {%- endfor %}
                event_at
            order by known_at
        ) as delivered_before_at
    from {{ base }}
    where fault is null

),
{% for column, target in references.items() %}
{{ column }}_targets as (

    select
        {{ target[1] }} as target_id,
        min(known_at) as first_known_at
    from {{ target[0] }}
    group by {{ target[1] }}

),
{% endfor %}
{%- for column, target in code_lists.items() %}
{{ column }}_targets as (

    select {{ target[1] }} as target_id
    from {{ target[0] }}

),
{% endfor %}
known as (

    select
        deliveries.*,
        {%- if references %}
        greatest(
            deliveries.known_at
            {%- for column in references %},
            coalesce({{ column }}_targets.first_known_at, deliveries.known_at)
            {%- endfor %}
        ) as counts_from
        {%- else %}
        deliveries.known_at as counts_from
        {%- endif %}
    from deliveries
    {%- for column in references.keys() | list + code_lists.keys() | list %}
    left join {{ column }}_targets
        on deliveries.{{ column }} = {{ column }}_targets.target_id
    {%- endfor %}
    where
        (
            deliveries.delivered_before_at is null
            or deliveries.known_at
            > deliveries.delivered_before_at + interval '{{ duplicates_within_days }}' day
        )
        {%- for column in references.keys() | list + code_lists.keys() | list %}
        and (deliveries.{{ column }} is null or {{ column }}_targets.target_id is not null)
        {%- endfor %}

),

-- A later delivery replaces the earlier ones as soon as it counts, in whatever order they do.
versions as (

    select
        {{ id }},
        {%- for column in content %}
        {{ column }},
        {%- endfor %}
        event_at,
        counts_from as known_at,
        min(counts_from) over (
            partition by {{ id }}
            order by
                known_at,
                event_at
                {%- for column in content %},
                {{ column }} nulls first
                {%- endfor %}
            rows between 1 following and unbounded following
        ) as superseded_at
    from known

)

select * from versions
where
    superseded_at is null
    or superseded_at > known_at
{%- endmacro %}
