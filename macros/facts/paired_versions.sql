{#
    The versions of facts that are paired with others, for two events of one thing (a delivery and the signals
    on the way, an order and its payment): each with columns that are computed from the pairs that hold. A
    version begins where a fact or one of its pairs changes one of these, or the content. A select of
    (id, content, adds, `known_at`, `superseded_at`).

    A pair holds at an instant where it is newest then and became known at most so many days before; one that
    becomes known more than so many days after the fact changes nothing: see `standing_facts`.

    facts: the relation of the facts, with the id, the content, `known_at` and `superseded_at`.
    id: the column that names a fact.
    content: its other columns.
    pairs: `{'<relation>': {'on': ['<column>', ...], 'where': '<condition>'}}`: what each is paired with, the
        columns that are equal in both, and what else must be true, in SQL, or nothing.
    adds: `{'<column>': '<aggregate>'}`: SQL over the pairs of a fact that hold. Without any, the columns of a
        pair are null. Columns are written with the names of their relations.
    within_days: the project's `reference_days` if not said.
    Example: `{{ paired_versions('orders', id='order_id', content=['customer_id', 'event_at'],
    pairs={'payments': {'on': ['order_id'], 'where': 'payments.event_at >= orders.event_at'}},
    adds={'is_paid': 'count(payments.known_at) > 0'}) }}`
#}
{% macro paired_versions(facts, id, content, pairs, adds, within_days=none) -%}
{%- set days = var('reference_days') if within_days is none else within_days -%}
{%- set columns = {} -%}
{%- for relation, pair in pairs.items() -%}
    {%- if pair is not mapping or not pair.on or pair.on is string or pair.keys() | reject('in', ['on', 'where']) | list -%}
        {%- do exceptions.raise_compiler_error(
            "paired_versions: pair `" ~ relation ~ "` is `" ~ pair ~ "`\nhint: write {'on': ['a_column'], 'where': 'a condition'}"
        ) -%}
    {%- elif relation == facts -%}
        {%- do exceptions.raise_compiler_error(
            "paired_versions: `" ~ facts ~ "` is paired with itself\nhint: select the pairs in a CTE of another name"
        ) -%}
    {%- endif -%}
    {%- do columns.update({relation: pair.on}) -%}
{%- endfor -%}
{%- for column in adds if column in [id] + content -%}
    {%- do exceptions.raise_compiler_error(
        "paired_versions: `" ~ column ~ "` is of the facts and of `adds`\nhint: name it otherwise in one"
    ) -%}
{%- endfor -%}
with

milepost__standing as (

    {{ milepost.standing_facts(facts, id, content, columns, within_days) | indent }}

),

milepost__states as (

    select
        {{ facts }}.{{ ([id] + content) | join(',\n        ' ~ facts ~ '.') }},
        {%- for column, sql in adds.items() %}
        {{ sql }} as {{ column }},
        {%- endfor %}
        {{ facts }}.milepost__stands,
        {{ facts }}.known_at
    from milepost__standing as {{ facts }}
    {%- for relation, pair in pairs.items() %}
    left join {{ relation }}
        on
            {% for column in pair.on -%}
            {{ facts }}.{{ column }} = {{ relation }}.{{ column }}
            and {% endfor -%}
            {%- if pair.where -%}
            {{ pair.where }}
            and {% endif -%}
            {{ milepost.holds_at(relation, facts ~ '.known_at', days) }}
    {%- endfor %}
    group by
        {{ facts }}.{{ ([id] + content) | join(',\n        ' ~ facts ~ '.') }},
        {{ facts }}.milepost__stands,
        {{ facts }}.known_at

),

milepost__versions as (

    {{ milepost.versions_of('milepost__states', id, content + adds.keys() | list + ['milepost__stands']) | indent }}

)

select
    {{ ([id] + content + adds.keys() | list) | join(',\n    ') }},
    known_at,
    superseded_at
from milepost__versions
where milepost__stands
{%- endmacro %}
