{#
    What stands of each fact at each instant at which it may change: its own versions, or those of what it is
    paired with. A select of (id, content, `milepost__stands`, `known_at`). Where no version stands,
    because a correction made it another kind of fact, the content is null and `milepost__stands` false.

    A pair counts where it becomes known, or changes, within so many days after the fact became known: so that
    a build from a slice of the raw log gives the same.

    facts: the relation of the facts, with the id, the content, `known_at` and `superseded_at`.
    id: the column that names a fact.
    content: its other columns.
    pairs: `{'<relation>': ['<column>', ...]}`: what each is paired with, and the columns that are equal in both.
    within_days: the project's `reference_days` if not said.
    Example: `{{ standing_facts('orders', id='order_id', content=['customer_id', 'event_at'],
    pairs={'payments': ['customer_id']}) }}`
#}
{% macro standing_facts(facts, id, content, pairs, within_days=none) -%}
{%- set days = var('reference_days') if within_days is none else within_days -%}
{%- do milepost.declare_reference_days(days) -%}
with

milepost__instants as (

    {{ milepost.instants_of(facts, [id]) }}
    {%- for relation, columns in pairs.items() %}
    union distinct
    select
        {{ facts }}.{{ id }},
        milepost__paired.known_at
    from {{ facts }}
    inner join (
        {{ milepost.instants_of(relation, columns) | indent }}
    ) as milepost__paired
        on
            {% for column in columns -%}
            {{ facts }}.{{ column }} = milepost__paired.{{ column }}
            and {% endfor -%}
            {{ facts }}.known_at <= milepost__paired.known_at
            and {{ facts }}.known_at >= milepost__paired.known_at - interval '{{ days }}' day
    {%- endfor %}

)

select
    milepost__instants.{{ id }},
    {%- for column in content %}
    {{ facts }}.{{ column }},
    {%- endfor %}
    {{ facts }}.known_at is not null as milepost__stands,
    milepost__instants.known_at
from milepost__instants
left join {{ facts }}
    on
        milepost__instants.{{ id }} = {{ facts }}.{{ id }}
        and {{ milepost.holds_at(facts, 'milepost__instants.known_at') }}
{%- endmacro %}
