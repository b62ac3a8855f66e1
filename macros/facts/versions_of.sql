{#
    The versions of each fact, from its states: what is known of it at each instant at which that may
    change. A select of (id, content, `known_at`, `superseded_at`), one row for each state that differs
    from the one before. A state that differs in nothing makes no version, or its fact would count anew.

    The last version of a fact has no `superseded_at`. So a fact ends only by a state that says so, such
    as one with `is_open` false or a null content. That state is a version too: select those that count
    (`where is_open`) from the result.

    states: a relation of (id, content, `known_at`), unique on (id, `known_at`).
    id: the column that names a fact.
    content: the other columns, whose change makes a new version.
    Example: `{{ versions_of('states', id='load_id', content=['is_open', 'closes_at']) }}`
#}
{% macro versions_of(states, id, content) -%}
with

compared as (

    select
        {{ id }},
        {%- for column in content %}
        {{ column }},
        {%- endfor %}
        known_at,
        lag(known_at) over (
            partition by {{ id }}
            order by known_at
        ) as milepost__state_before_at,
        lag(known_at) over (
            partition by
                {{ id }}
                {%- for column in content %},
                {{ column }}
                {%- endfor %}
            order by known_at
        ) as milepost__same_before_at
    from {{ states }}

)

select
    {{ id }},
    {%- for column in content %}
    {{ column }},
    {%- endfor %}
    known_at,
    lead(known_at) over (
        partition by {{ id }}
        order by known_at
    ) as superseded_at
from compared
where
    milepost__state_before_at is null
    or milepost__same_before_at is null
    or milepost__same_before_at < milepost__state_before_at
{%- endmacro %}
