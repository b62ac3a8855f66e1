{#
    The versions of each fact, from the sound rows of a base model: its id and content, `event_at`,
    `known_at`, and `superseded_at`, the instant from which a correction replaces it or a delete ends it (null:
    neither has).

    - The same id with the same content that lands again within `duplicates_within_days` is a repeated
      delivery: the first counts. The same id with other content is a correction. With other content at
      exactly the same `known_at` it is a contradiction: all of these rows are set aside.
    - A delete ends the version before it and has no successor. What is inserted after it is a new version,
      whatever it says. Of a delete and an insert at the same `known_at` the insert counts. A delete of what
      was never seen is nothing.
    - A fact counts from when everything that it refers to is known as well: see `counting_rows`.
      One that refers to nothing that counts is set aside.
    - Rows that are set aside are counted when the model is built, into `milepost_checks.set_aside`.
      If they are more than `set_aside_share_max`, the model fails and nothing is built from it: see
      `count_set_aside` and `refuse_set_aside`.

    base: the name of a model with a `fault` (see `row_fault`), `event_at`, `known_at` and
    `landing_starts_at`.
    id: the column that names the fact, or a list of columns that do so together.
    content: the other columns.
    references: `{'<column>': ['<staged model>', '<its id>', <days>]}`: the facts that a column refers to, which
    become known within so many days of the row; the project's `reference_days` if not said. Null refers to
    nothing on purpose. A composite id is
    `{'order_id, line_number': ['stg_shop__lines', ['order_id', 'line_number']]}`.
    snapshots: as `references`, for what is described anew only when it changes, and may be of any age.
    code_lists: `{'<column>': ['<seed>', '<its key>']}`. A third item, such as `'unknown'`, is for an attribute
    whose absence does not make the fact worthless: it stands for null and for codes that the list lacks.
    deleted: a boolean column of the base model that says that the row deletes the fact. Its content is not read.
    sequence: a column by which rows of one id and one `known_at` are in order, such as the position in a
    change log. The last counts; of equal ones, other content is a contradiction. Another sequence is no
    repeated delivery.
    duplicates_within_days: how late a source may deliver the same row again. Seven is the longest
    that a redelivery takes at any of ours, with room; 2026-11.
    Example: `{{ staged_facts('base_freight__claims', id='claim_id', content=['load_id'],
    references={'load_id': ['stg_freight__loads', 'load_id', 400]}) }}`
#}
{% macro staged_facts(
    base,
    id,
    content,
    references={},
    snapshots={},
    code_lists={},
    deleted=none,
    sequence=none,
    duplicates_within_days=7
) -%}
{%- if duplicates_within_days is not number or duplicates_within_days < 0 -%}
    {%- do exceptions.raise_compiler_error(
        "staged_facts: `duplicates_within_days` is `" ~ duplicates_within_days
        ~ "`\nhint: give a number of days, 0 or more"
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
{%- if deleted -%}{%- do arguments.update({'deleted': deleted}) -%}{%- endif -%}
{%- if sequence -%}{%- do arguments.update({'sequence': sequence}) -%}{%- endif -%}
{%- do milepost.declare_staging('staged_facts', arguments, duplicates_within_days | round(0, 'ceil') | int + 1) -%}
{%- set ids = milepost.columns_of(id) -%}
{%- set is_same_id = [] -%}
{%- for column in ids -%}
    {#- A part of a composite id may be null, where the base model does not call that a fault. -#}
    {%- do is_same_id.append('sound.' ~ column ~ ' is not distinct from delivered_again.' ~ column) -%}
{%- endfor -%}
{%- set same = ids + content + ['event_at'] + ([sequence] if sequence else []) -%}
with

counting as (

    {{ milepost.counting_rows(**arguments) }}

),

sound as (

    select * from counting
    where
        fault is null
        and milepost__counts_from is not null
        and not milepost__is_contradiction

),

-- Most facts are delivered once: what sorts by versions is done for the others alone.
delivered_again as (

    select
        {{ ids | join(',\n        ') }},
        count(*) as milepost__deliveries
    from sound
    group by {{ ids | join(', ') }}
    having count(*) > 1

),

compared as (

    {% if not (deleted or sequence) -%}
    select sound.*
    {%- else -%}
    select
        sound.*,
        rank() over (
            partition by sound.{{ ids | join(', sound.') }}, sound.known_at
            order by
                {%- if sequence %}
                sound.{{ sequence }} desc nulls last,
                {%- endif %}
                case when sound.milepost__is_deleted then 1 else 0 end
        ) as milepost__place
    {%- endif %}
    from sound
    inner join delivered_again
        on
            {{ is_same_id | join('\n            and ') }}

),

deliveries as (

    select
        {{ (ids + content) | join(',\n        ') }},
        event_at,
        known_at,
        milepost__counts_from,
        milepost__is_deleted,
        {%- if deleted %}
        max(case when milepost__is_deleted then known_at end) over (
            partition by {{ ids | join(', ') }}
            order by known_at
        ) as milepost__deleted_before_at,
        {%- endif %}
        lag(known_at) over (
            partition by
                {{ same | join(',\n                ') }},
                milepost__is_deleted
            order by known_at
        ) as milepost__delivered_before_at
    from compared
    {%- if deleted or sequence %}
    where milepost__place = 1
    {%- endif %}

),

known as (

    select * from deliveries
    where
        milepost__delivered_before_at is null
        or known_at > milepost__delivered_before_at + interval '{{ duplicates_within_days }}' day
        {%- if deleted %}
        or milepost__deleted_before_at > milepost__delivered_before_at
        {%- endif %}

),

-- A later delivery replaces the earlier ones as soon as it counts, in whatever order they do.
versions as (

    select
        {{ (ids + content) | join(',\n        ') }},
        event_at,
        milepost__is_deleted,
        milepost__counts_from as known_at,
        min(milepost__counts_from) over (
            partition by {{ ids | join(', ') }}
            order by known_at
            rows between 1 following and unbounded following
        ) as superseded_at
    from known

    union all

    select
        sound.{{ (ids + content) | join(',\n        sound.') }},
        sound.event_at,
        sound.milepost__is_deleted,
        sound.milepost__counts_from as known_at,
        cast(null as timestamp) as superseded_at
    from sound
    left join delivered_again
        on
            {{ is_same_id | join('\n            and ') }}
    where delivered_again.milepost__deliveries is null

)

select
    {{ (ids + content) | join(',\n    ') }},
    event_at,
    known_at,
    superseded_at
from versions
where
    not milepost__is_deleted
    and (
        superseded_at is null
        or superseded_at > known_at
    )
{%- endmacro %}
