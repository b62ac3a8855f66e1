{#
    The versions of each fact, from what is known of it at each instant at which that may change: a
    state holds until the next one that differs. A state that differs in nothing makes no version,
    or its fact would count anew.

    states: a relation of (id, content, `known_at`), unique on (id, `known_at`).
    content: its other columns.
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
