{#
    The versions of what full snapshots describe, from the sound rows of a base model, in the columns of
    `staged_facts`. A version begins only where the content changes: a thousand snapshots that say the same are
    one version. Content that comes back is a new version. `event_at` is no content: that of a version is the
    instant of the first snapshot that says it.

    - With `absent='unchanged'` a key that a snapshot lacks is as it was. A snapshot may be partial.
    - With `absent='gone'` a key that was in one snapshot and is not in the next ends there. A snapshot is all
      sound rows of one `known_at`, so that each must be whole, and all of its rows known at one instant. A row
      that is set aside is there: its key is unchanged.
    - Rows are set aside, counted and refused as by `staged_facts`.

    base, id, references, snapshots, code_lists, deleted: as in `staged_facts`.
    content: the columns whose change makes a new version.
    absent: `'unchanged'` or `'gone'`.
    Example: `{{ staged_snapshots('base_freight__shippers', id='shipper_id', content=['segment'],
    absent='unchanged') }}`
#}
{% macro staged_snapshots(
    base,
    id,
    content,
    absent,
    references={},
    snapshots={},
    code_lists={},
    deleted=none
) -%}
{%- if absent not in ['unchanged', 'gone'] -%}
    {%- do exceptions.raise_compiler_error(
        "staged_snapshots: `absent` is `" ~ absent ~ "`\nhint: say what a key is that a snapshot lacks, 'unchanged' or 'gone'"
    ) -%}
{%- elif absent == 'gone' and deleted -%}
    {%- do exceptions.raise_compiler_error(
        "staged_snapshots: `absent='gone'` with `deleted='" ~ deleted ~ "'`, which makes a snapshot of single rows"
        ~ "\nhint: a table that says itself what is deleted has absent='unchanged'"
    ) -%}
{%- endif -%}
{%- set arguments = {
    'base': base,
    'id': id,
    'content': content,
    'references': references,
    'snapshots': snapshots,
    'code_lists': code_lists,
    'counts_event_at': false,
} -%}
{%- if deleted -%}{%- do arguments.update({'deleted': deleted}) -%}{%- endif -%}
{%- do milepost.declare_staging('staged_snapshots', arguments, 0) -%}
{%- set ids = milepost.columns_of(id) -%}
{%- set has_ends = deleted or absent == 'gone' -%}
with

counting as (

    {{ milepost.counting_rows(**arguments) }}

),

described as (

    select
        {{ (ids + content) | join(',\n        ') }},
        event_at,
        known_at,
        milepost__counts_from,
        milepost__is_deleted as milepost__is_gone
    from counting
    where
        fault is null
        and milepost__counts_from is not null
        and not milepost__is_contradiction

),
{%- if absent == 'gone' %}

taken as (

    select
        known_at,
        lead(known_at) over (order by known_at) as next_taken_at
    from (
        select distinct known_at
        from counting
        where fault is null
    ) as instants

),

-- A row that is set aside tells that its key is there, if not what it is.
seen as (

    select
        {{ ids | join(',\n        ') }},
        known_at,
        min(next_taken_at) as next_taken_at,
        lead(known_at) over (
            partition by {{ ids | join(', ') }}
            order by known_at
        ) as next_seen_at
    from counting
    inner join taken using (known_at)
    where {{ ids | join(' is not null and ') }} is not null
    group by {{ ids | join(', ') }}, known_at

),
{%- endif %}

states as (

    select * from described
    {%- if absent == 'gone' %}
    union all
    select
        {{ ids | join(',\n        ') }},
        {%- for column in content %}
        null as {{ column }},
        {%- endfor %}
        null as event_at,
        next_taken_at as known_at,
        next_taken_at as milepost__counts_from,
        true as milepost__is_gone
    from seen
    where
        next_taken_at is not null
        and coalesce(next_seen_at > next_taken_at, true)
    {%- endif %}

),
{%- if deleted %}

-- Of a delete and a description at one instant the description counts.
standing as (

    select
        *,
        rank() over (
            partition by {{ ids | join(', ') }}, known_at
            order by case when milepost__is_gone then 1 else 0 end
        ) as milepost__place
    from states

),
{%- endif %}

compared as (

    select
        *,
        lag(known_at) over milepost__history is null
        {%- for column in content + (['milepost__is_gone'] if has_ends else []) %}
        or ({{ column }} is distinct from lag({{ column }}) over milepost__history)
        {%- endfor %} as milepost__is_new
    from {{ 'standing' if deleted else 'states' }}
    {%- if deleted %}
    where milepost__place = 1
    {%- endif %}
    window
        milepost__history as (
            partition by {{ ids | join(', ') }}
            order by known_at, event_at
        )

),

-- A later description replaces the earlier ones as soon as it counts, in whatever order they do.
versions as (

    select
        {{ (ids + content) | join(',\n        ') }},
        event_at,
        milepost__is_gone,
        milepost__counts_from as known_at,
        min(milepost__counts_from) over (
            partition by {{ ids | join(', ') }}
            order by known_at
            rows between 1 following and unbounded following
        ) as superseded_at
    from compared
    where milepost__is_new

)

select
    {{ (ids + content) | join(',\n    ') }},
    event_at,
    known_at,
    superseded_at
from versions
where
    not milepost__is_gone
    and (
        superseded_at is null
        or superseded_at > known_at
    )
{%- endmacro %}
