{#
    Fails for the grid instants at which a feature is not what the facts in its window come to: those
    of its key with `g - window <= known_at < g` that are not superseded before g.

    That is asked by a plain join at a sample of the instants at which the model has a row, or a fact
    enters the window or is too old for it. Between its rows the model says what its newest row says,
    so that a row that is missing fails as well as one that counts what was not known.

    facts: the relation that holds the facts' versions.
    value: the feature as an aggregate over columns of the facts: `count(load_id)`. Not `count(*)`.
    keys: the model's key columns, or a mapping of them to the facts' columns.
    window: its length in days or hours: '28d', '24h'.
    grid: `day` or `hour`.
    serving_delay_minutes: the view's `meta.serving_delay_minutes`.
    superseded_at: when another version replaces a fact, in SQL; null where the facts have no versions.
    tolerance: by how much a number may differ.
    sample_size: how many instants are looked at, the same ones each time.
#}
{% test matches_facts_in_window(
    model,
    column_name,
    facts,
    value,
    keys,
    window,
    serving_delay_minutes,
    grid='day',
    superseded_at='superseded_at',
    tolerance=none,
    sample_size=1000
) %}

{%- set length = modules.re.fullmatch('([1-9][0-9]*)([dh])', window | string) -%}
{%- if not length or (grid == 'day' and length.group(2) == 'h' and length.group(1) | int % 24) -%}
    {%- do exceptions.raise_compiler_error(
        "matches_facts_in_window: `" ~ window ~ "` is no window on the grid `" ~ grid
        ~ "`\nhint: write a whole multiple of the grid in days or hours: '28d', '24h'"
    ) -%}
{%- endif -%}
{%- if grid not in ['day', 'hour'] -%}
    {%- do exceptions.raise_compiler_error(
        "matches_facts_in_window: `" ~ grid ~ "` is no grid\nhint: write `day` or `hour`"
    ) -%}
{%- endif -%}
{%- if value | replace(' ', '') | lower == 'count(*)' -%}
    {%- do exceptions.raise_compiler_error(
        "matches_facts_in_window: `count(*)` is 1 where no fact is\nhint: count a column that is never null"
    ) -%}
{%- endif -%}
{%- set unit = {'d': 'day', 'h': 'hour'}[length.group(2)] -%}
{%- set fact_keys = keys if keys is mapping else dict(zip(keys, keys)) -%}
{%- set of_model, of_facts, names, not_null = [], [], [], [] -%}
{%- set same_in_facts, same_in_model = [], [] -%}
{%- for key, fact_key in fact_keys.items() -%}
    {%- set name = 'key_' ~ loop.index -%}
    {%- do of_model.append(key ~ ' as ' ~ name) -%}
    {%- do of_facts.append(fact_key ~ ' as ' ~ name) -%}
    {%- do names.append(name) -%}
    {%- do same_in_facts.append('sample.' ~ name ~ ' = facts.' ~ name) -%}
    {%- do same_in_model.append('sample.' ~ name ~ ' = built.' ~ name) -%}
    {%- do not_null.append(name ~ ' is not null') -%}
{%- endfor -%}
{%- set differs = 'true' if tolerance is none
    else 'coalesce(abs(by_recency.built_value - defined.defined_value) > ' ~ tolerance ~ ', true)' -%}
with

built as (

    select
        {{ of_model | join(',\n        ') }},
        available_at - interval '{{ serving_delay_minutes }}' minute as built_at,
        {{ column_name }} as built_value
    from {{ model }}

),

facts as (

    select
        *,
        {{ of_facts | join(',\n        ') }},
        {{ superseded_at }} as replaced_at
    from {{ facts }}

),

entries as (

    select
        {{ names | join(',\n        ') }},
        date_trunc('{{ grid }}', known_at) + interval '1' {{ grid }} as asked_at
    from facts

),

instants as (

    select
        {{ names | join(',\n        ') }},
        built_at as asked_at
    from built

    union distinct

    select *
    from entries

    union distinct

    select
        {{ names | join(',\n        ') }},
        asked_at + interval '{{ length.group(1) }}' {{ unit }} as asked_at
    from entries

),

-- The same ones each time, whatever the order of the rows.
numbered as (

    select
        *,
        row_number() over (
            order by md5(concat_ws(' ', {{ names | join(', ') }}, asked_at))
        ) as sample_number
    from instants
    where
        asked_at <= (select max(built.built_at) from built)
        and {{ not_null | join('\n        and ') }}

),

sample as (

    select *
    from numbered
    where sample_number <= {{ sample_size }}

),

defined as (

    select
        sample.sample_number,
        {{ value }} as defined_value
    from sample
    left join facts
        on
            {{ same_in_facts | join('\n            and ') }}
            and sample.asked_at > facts.known_at
            and sample.asked_at <= facts.known_at + interval '{{ length.group(1) }}' {{ unit }}
            and (facts.replaced_at is null or sample.asked_at <= facts.replaced_at)
    group by sample.sample_number

),

by_recency as (

    select
        sample.*,
        built.built_value,
        row_number() over (
            partition by sample.sample_number
            order by built.built_at desc nulls last
        ) as recency
    from sample
    left join built
        on
            {{ same_in_model | join('\n            and ') }}
            and sample.asked_at >= built.built_at

),

validation_errors as (

    select
        by_recency.*,
        defined.defined_value
    from by_recency
    inner join defined
        on by_recency.sample_number = defined.sample_number
    where
        by_recency.recency = 1
        and by_recency.built_value is distinct from defined.defined_value
        and {{ differs }}

)

select * from validation_errors

{% endtest %}
