{#
    The versions of facts that belong together with rows of other relations, called their partners: a delivery
    and the signals on the way, an order and its payment. Each fact gets columns that are computed from its
    partners. A select of (id, content, adds, `known_at`, `superseded_at`). A new version begins at each instant
    at which the fact or a partner changes and the content or an added column is then another.

    At an instant a fact has the partners that were valid then and became known in the `within_days` days
    before it. A partner that becomes known more than `within_days` days after the fact changes nothing. Both
    make a build from a slice of the raw log give the same: see `standing_facts`.

    facts: the relation of the facts, with the id, the content, `known_at` and `superseded_at`.
    id: the column that names a fact.
    content: its other columns.
    pairs: `{'<relation>': {'on': ['<column>', ...], 'where': '<condition>'}}`: the relations of the partners,
        each with `known_at`, `superseded_at` and the columns of `on`. `on` has columns that are equal in both:
        of the facts, the id or columns of the content. `where` is a further condition in SQL, or left out.
    adds: `{'<column>': '<aggregate>'}`: SQL over the partners of a fact, grouped by fact and instant. It names
        each column with its relation, `payments.known_at`. Of the facts it may use the id and the content. A fact
        without partners is one row in which the partners' columns are null. With two relations, each partner of
        the first stands beside each of the second: `count(...) > 0`, `min`, `max` and `count(distinct ...)` are
        right then, a plain `count` or `sum` counts a partner several times.
    within_days: how many days, see above; the project's `reference_days` if not said.
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
