{#
    The rows of a base model, each with `milepost__counts_from`: the instant from which it and everything that
    it refers to are known. Null where the row refers to something that does not count:
    `milepost__missing_column` says which column does. A null column refers to nothing on purpose.

    - A row and what it names become known within the days of the reference of each other. It
      waits no longer, and finds nothing older: so what the raw log holds further back changes
      nothing, and a build from a slice of it gives the same.
    - A snapshot may be of any age.
    - A code that its list lacks, or null, becomes the `unknown` of the list where it states one.
    - A deleted row (`milepost__is_deleted`) counts from its own `known_at`, whatever it refers to.

    `milepost__is_contradiction` says that another sound row has the same id, the same `known_at` and the same
    sequence, and other content: nothing tells which of them holds.

    base, id, content, references, snapshots, code_lists, deleted, sequence: as in `staged_facts`.
    counts_event_at: whether another `event_at` is other content.
    Example: `{{ counting_rows('base_freight__claims', id='claim_id', content=['load_id'],
    references={'load_id': ['stg_freight__loads', 'load_id']}) }}`
#}
{% macro counting_rows(
    base,
    id,
    content,
    references={},
    snapshots={},
    code_lists={},
    deleted=none,
    sequence=none,
    counts_event_at=true
) -%}
{%- set ids = milepost.columns_of(id) -%}
{%- set key = ids + ['known_at'] -%}
{%- set instant = key + ([sequence] if sequence else []) -%}
{#- Of each reference: the columns, the relation of its targets, and within how many days they count. -#}
{%- set links = [] -%}
{%- for kind, declared in [('snapshot', snapshots), ('code', code_lists), ('reference', references)] -%}
    {%- for name, target in declared.items() -%}
        {%- do links.append({
            'kind': kind,
            'name': name,
            'columns': milepost.columns_of(name),
            'relation': milepost.columns_of(name) | join('_') ~ '_targets',
            'model': target[0],
            'keys': milepost.columns_of(target[1]),
            'days': "interval '" ~ (target[2] if kind == 'reference' and target | length > 2 else var('reference_days')) ~ "' day",
            'unknown': target[2] if kind == 'code' and target | length > 2 else none,
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set unknowns = links | selectattr('unknown') | list -%}
{%- set required = links | rejectattr('unknown') | list -%}
{%- set of_any_age = required | rejectattr('kind', 'equalto', 'reference') | list -%}
{%- set aged = links | selectattr('kind', 'equalto', 'reference') | list -%}
with
{% for link in required %}
{{ link.relation }} as (

    {% if link.kind == 'code' -%}
    select {{ link['keys'][0] }}{{ ' as ' ~ link.columns[0] if link.columns[0] != link['keys'][0] }}
    from {{ ref(link.model) }}
    {%- elif link.kind == 'snapshot' -%}
    select
        {% for key in link['keys'] -%}
        {{ key }}{{ ' as ' ~ link.columns[loop.index0] if link.columns[loop.index0] != key }},
        {% endfor -%}
        min(known_at) as known_at
    from {{ ref(link.model) }}
    group by {{ link['keys'] | join(', ') }}
    {%- else -%}
    select
        {% for key in link['keys'] -%}
        {{ key }}{{ ' as ' ~ link.columns[loop.index0] if link.columns[loop.index0] != key }},
        {% endfor -%}
        known_at,
        lag(known_at, 1, cast('0001-01-01' as timestamp)) over (
            partition by {{ link['keys'] | join(', ') }}
            order by known_at
        ) as previous_known_at
    from {{ ref(link.model) }}
    {%- endif %}

),
{% endfor %}
landed as (

    select
        {% if unknowns -%}
        {%- set replaced = unknowns | map(attribute='name') | list -%}
        {{ milepost.all_but(replaced + unknowns | map(attribute='relation') | list, base) }},
        {%- for link in unknowns %}
        coalesce({{ link.relation }}, '{{ link.unknown }}') as {{ link.name }},
        {%- endfor %}
        {%- else -%}
        *,
        {%- endif %}
        {{ 'coalesce(' ~ deleted ~ ', false)' if deleted else 'false' }} as milepost__is_deleted
    {%- if unknowns %}
    from (
        select
            base_rows.*,
            {%- for link in unknowns %}
            {{ link.name }}_list.{{ link.relation }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref(base) }} as base_rows
        {%- for link in unknowns %}
        left join (
            select {{ link['keys'][0] }} as {{ link.relation }}
            from {{ ref(link.model) }}
        ) as {{ link.name }}_list
            on base_rows.{{ link.name }} = {{ link.name }}_list.{{ link.relation }}
        {%- endfor %}
    ) as listed
    {%- else %}
    from {{ ref(base) }}
    {%- endif %}

),

-- Few rows land together with another of their id, so that only their contents are compared.
landed_together as (

    select
        {{ instant | join(',\n        ') }}
    from landed
    where fault is null
    group by {{ instant | join(', ') }}
    having count(*) > 1

),

contents as (

    select distinct
        landed.{{ (instant + content + (['event_at'] if counts_event_at else [])) | join(',\n        landed.') }}
    from landed
    inner join landed_together
        on
            {{ milepost.is_same_key('landed', 'landed_together', key) | indent(8) }}
            {%- if sequence %}
            and landed.{{ sequence }} is not distinct from landed_together.{{ sequence }}
            {%- endif %}
    where
        landed.fault is null
        and not landed.milepost__is_deleted

),

contradictions as (

    select
        {{ instant | join(',\n        ') }}
    from contents
    group by {{ instant | join(', ') }}
    having count(*) > 1

),

-- From when the row and what may be of any age are known: the age of the rest is measured from it.
described as (

    select
        base_rows.*,
        contradictions.known_at is not null as milepost__is_contradiction,
        {%- if of_any_age %}
        case
            {%- for link in of_any_age %}
            when
                {% for column in link.columns -%}
                base_rows.{{ column }} is not null
                and {% endfor -%}
                {{ link.relation }}.{{ link.columns[0] }} is null
                then '{{ link.name }}'
            {%- endfor %}
        end as milepost__missing_description,
        {%- if snapshots %}
        greatest(
            base_rows.known_at
            {%- for link in of_any_age if link.kind == 'snapshot' %},
            coalesce({{ link.relation }}.known_at, base_rows.known_at)
            {%- endfor %}
        ) as milepost__described_at
        {%- else %}
        base_rows.known_at as milepost__described_at
        {%- endif %}
        {%- else %}
        cast(null as string) as milepost__missing_description,
        base_rows.known_at as milepost__described_at
        {%- endif %}
    from landed as base_rows
    left join contradictions
        on
            {{ milepost.is_same_key('base_rows', 'contradictions', key) | indent(8) }}
            {%- if sequence %}
            and base_rows.{{ sequence }} is not distinct from contradictions.{{ sequence }}
            {%- endif %}
            and base_rows.fault is null
            and not base_rows.milepost__is_deleted
    {%- for link in of_any_age %}
    left join {{ link.relation }}
        on
            {{ milepost.is_same_key('base_rows', link.relation, link.columns) | indent(8) }}
            {%- if link.kind == 'snapshot' %}
            and {{ link.relation }}.known_at <= base_rows.known_at + {{ link.days }}
            {%- endif %}
    {%- endfor %}

),

-- Of what is not too old, the first version: one at most, however many there are.
linked as (

    select
        described.*,
        {%- if aged %}
        coalesce(
            described.milepost__missing_description,
            case
                {%- for link in aged %}
                when
                    {% for column in link.columns -%}
                    described.{{ column }} is not null
                    and {% endfor -%}
                    {{ link.relation }}.known_at is null
                    then '{{ link.name }}'
                {%- endfor %}
            end
        ) as milepost__missing,
        greatest(
            described.milepost__described_at
            {%- for link in aged %},
            coalesce({{ link.relation }}.known_at, described.milepost__described_at)
            {%- endfor %}
        ) as milepost__linked_at
        {%- else %}
        described.milepost__missing_description as milepost__missing,
        described.milepost__described_at as milepost__linked_at
        {%- endif %}
    from described
    {%- for link in aged %}
    left join {{ link.relation }}
        on
            {{ milepost.is_same_key('described', link.relation, link.columns) | indent(8) }}
            and {{ link.relation }}.known_at >= described.milepost__described_at - {{ link.days }}
            and {{ link.relation }}.previous_known_at < described.milepost__described_at - {{ link.days }}
            and {{ link.relation }}.known_at <= described.known_at + {{ link.days }}
    {%- endfor %}

)

select
    linked.*,
    case
        when not milepost__is_deleted
            then milepost__missing
    end as milepost__missing_column,
    case
        when milepost__is_deleted
            then known_at
        when milepost__missing is null
            then milepost__linked_at
    end as milepost__counts_from
from linked
{%- endmacro %}
