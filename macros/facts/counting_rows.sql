{#
    The rows of a base model, each with `milepost__counts_from`: the instant from which it and everything that
    it refers to are known. Null where the row refers to nothing that counts. A null column refers
    to nothing on purpose.

    - A row and what it names become known within the project's `reference_days` of each other. It
      waits no longer, and finds nothing older: so what the raw log holds further back changes
      nothing, and a build from a slice of it gives the same.
    - A snapshot may be of any age.

    `milepost__is_contradiction` says that another sound row has the same id and the same `known_at`, and other
    content: nothing tells which of them holds.

    base, id, content, references, snapshots, code_lists: as in `staged_facts`.
    Example: `{{ counting_rows('base_freight__claims', id='claim_id', content=['load_id'],
    references={'load_id': ['stg_freight__loads', 'load_id']}) }}`
#}
{% macro counting_rows(base, id, content, references={}, snapshots={}, code_lists={}) -%}
{%- set within = "interval '" ~ var('reference_days') ~ "' day" -%}
{%- set of_any_age = snapshots.keys() | list + code_lists.keys() | list -%}
with
{% for column, target in snapshots.items() %}
{{ column }}_targets as (

    select
        {{ target[1] }} as target_id,
        min(known_at) as known_at
    from {{ ref(target[0]) }}
    group by {{ target[1] }}

),
{% endfor %}
{%- for column, target in code_lists.items() %}
{{ column }}_targets as (

    select {{ target[1] }} as target_id
    from {{ ref(target[0]) }}

),
{% endfor %}
{%- for column, target in references.items() %}
{{ column }}_targets as (

    select
        {{ target[1] }} as target_id,
        known_at,
        lag(known_at, 1, cast('0001-01-01' as timestamp)) over (
            partition by {{ target[1] }}
            order by known_at
        ) as previous_known_at
    from {{ ref(target[0]) }}

),
{% endfor %}
landed as (

    select * from {{ ref(base) }}

),

-- Few rows land together with another of their id, so that only their contents are compared.
landed_together as (

    select
        {{ id }},
        known_at
    from landed
    where fault is null
    group by {{ id }}, known_at
    having count(*) > 1

),

contents as (

    select distinct
        landed.{{ id }},
        landed.known_at,
        {%- for column in content %}
        landed.{{ column }},
        {%- endfor %}
        landed.event_at
    from landed
    inner join landed_together
        on
            landed.{{ id }} = landed_together.{{ id }}
            and landed.known_at = landed_together.known_at
    where landed.fault is null

),

contradictions as (

    select
        {{ id }},
        known_at
    from contents
    group by {{ id }}, known_at
    having count(*) > 1

),

-- From when the row and what may be of any age are known: the age of the rest is measured from it.
described as (

    select
        base_rows.*,
        contradictions.known_at is not null as milepost__is_contradiction,
        {%- if of_any_age %}
        case
            when
                true
                {%- for column in of_any_age %}
                and (base_rows.{{ column }} is null or {{ column }}_targets.target_id is not null)
                {%- endfor %}
                then
                    greatest(
                        base_rows.known_at
                        {%- for column in snapshots %},
                        coalesce({{ column }}_targets.known_at, base_rows.known_at)
                        {%- endfor %}
                    )
        end as milepost__described_at
        {%- else %}
        base_rows.known_at as milepost__described_at
        {%- endif %}
    from landed as base_rows
    left join contradictions
        on
            base_rows.{{ id }} = contradictions.{{ id }}
            and base_rows.known_at = contradictions.known_at
            and base_rows.fault is null
    {%- for column in snapshots %}
    left join {{ column }}_targets
        on
            base_rows.{{ column }} = {{ column }}_targets.target_id
            and {{ column }}_targets.known_at <= base_rows.known_at + {{ within }}
    {%- endfor %}
    {%- for column in code_lists %}
    left join {{ column }}_targets
        on base_rows.{{ column }} = {{ column }}_targets.target_id
    {%- endfor %}

)
{%- if not references %}

select
    described.*,
    described.milepost__described_at as milepost__counts_from
from described
{%- else %}

-- Of what is not too old, the first version: one at most, however many there are.
select
    described.*,
    case
        when
            described.milepost__described_at is not null
            {%- for column in references %}
            and (described.{{ column }} is null or {{ column }}_targets.target_id is not null)
            {%- endfor %}
            then
                greatest(
                    described.milepost__described_at
                    {%- for column in references %},
                    coalesce({{ column }}_targets.known_at, described.milepost__described_at)
                    {%- endfor %}
                )
    end as milepost__counts_from
from described
{%- for column in references %}
left join {{ column }}_targets
    on
        described.{{ column }} = {{ column }}_targets.target_id
        and {{ column }}_targets.known_at >= described.milepost__described_at - {{ within }}
        and {{ column }}_targets.previous_known_at < described.milepost__described_at - {{ within }}
        and {{ column }}_targets.known_at <= described.known_at + {{ within }}
{%- endfor %}
{%- endif %}
{%- endmacro %}
