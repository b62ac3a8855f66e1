{#
    The versions of each fact, from the sound rows of a base model: its id and content, `event_at`,
    `known_at`, and `superseded_at`, the instant from which a correction replaces it (null: none
    has).

    - The same id with the same content that lands again within `duplicates_within_days` is a repeated
      delivery: the first counts. The same id with other content is a correction. With other content at
      exactly the same `known_at` it is a contradiction: all of these rows are set aside.
    - A fact counts from when everything that it refers to is known as well: see `counting_rows`.
      One that refers to nothing that counts is set aside.
    - Rows that are set aside are counted when the model is built, into `milepost_checks.set_aside`.
      If they are more than the project's `set_aside_share_max`, the model fails and nothing is built
      from it: see `count_set_aside` and `refuse_set_aside`.

    base: the name of a model with a `fault` (see `row_fault`), `event_at`, `known_at` and
    `landing_starts_at`.
    id: the column that names the fact.
    content: the other columns.
    references: `{'<column>': ['<staged model>', '<its id>']}`: the facts that a column refers to, which
    become known within the project's `reference_days` of the row. Null refers to nothing on purpose.
    snapshots: as `references`, for what is described anew only when it changes, and may be of any age.
    code_lists: `{'<column>': ['<seed>', '<its key>']}`.
    duplicates_within_days: how late a source may deliver the same row again. Seven is the longest
    that a redelivery takes at any of ours, with room; 2026-11.
    Example: `{{ staged_facts('base_freight__claims', id='claim_id', content=['load_id'],
    references={'load_id': ['stg_freight__loads', 'load_id']}) }}`
#}
{% macro staged_facts(
    base,
    id,
    content,
    references={},
    snapshots={},
    code_lists={},
    duplicates_within_days=7
) -%}
{%- if duplicates_within_days is not number or duplicates_within_days < 0 -%}
    {%- do exceptions.raise_compiler_error(
        "staged_facts: `duplicates_within_days` is `" ~ duplicates_within_days
        ~ "`\nhint: give a number of days, 0 or more"
    ) -%}
{%- endif -%}
{%- set targets = references.values() | list + snapshots.values() | list + code_lists.values() | list -%}
{%- for name in [base] + targets | map('first') | list if name is not string -%}
    {%- do exceptions.raise_compiler_error(
        "staged_facts: `" ~ name ~ "` is no name of a model\nhint: write 'base_freight__claims' without `ref`"
    ) -%}
{%- endfor -%}
{%- if execute and model.config.materialized == 'ephemeral' -%}
    {%- do exceptions.raise_compiler_error(
        "staged_facts: `" ~ model.name ~ "` is ephemeral, so that nobody counts the rows that it sets aside"
        ~ "\nhint: materialize it as a table"
    ) -%}
{%- endif -%}
{%- set arguments = {
    'base': base,
    'id': id,
    'content': content,
    'references': references,
    'snapshots': snapshots,
    'code_lists': code_lists,
} -%}
{%- do config(post_hook=[
    '{{ milepost.count_set_aside(**' ~ arguments | tojson ~ ') }}',
    {'sql': '{{ milepost.refuse_set_aside() }}', 'transaction': false},
]) -%}
with

counting as (

    {{ milepost.counting_rows(base, id, content, references, snapshots, code_lists) }}

),

deliveries as (

    select
        {{ id }},
        {%- for column in content %}
        {{ column }},
        {%- endfor %}
        event_at,
        known_at,
        milepost__counts_from,
        lag(known_at) over (
            partition by
                {{ id }},
                {%- for column in content %}
                {{ column }},
                {%- endfor %}
                event_at
            order by known_at
        ) as milepost__delivered_before_at
    from counting
    where
        fault is null
        and milepost__counts_from is not null
        and not milepost__is_contradiction

),

known as (

    select * from deliveries
    where
        milepost__delivered_before_at is null
        or known_at > milepost__delivered_before_at + interval '{{ duplicates_within_days }}' day

),

-- A later delivery replaces the earlier ones as soon as it counts, in whatever order they do.
versions as (

    select
        {{ id }},
        {%- for column in content %}
        {{ column }},
        {%- endfor %}
        event_at,
        milepost__counts_from as known_at,
        min(milepost__counts_from) over (
            partition by {{ id }}
            order by known_at
            rows between 1 following and unbounded following
        ) as superseded_at
    from known

)

select * from versions
where
    superseded_at is null
    or superseded_at > known_at
{%- endmacro %}
