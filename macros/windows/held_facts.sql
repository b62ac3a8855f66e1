{#
    What is no sum, at each instant: the aggregates of the facts whose stays hold there. For `newest`
    and `last` a fact also goes when enough newer ones that stand have come; what is then left too
    many, because a superseded one still counts, the order among facts decides.
#}
{% macro held_facts(series, features, keys) -%}
{%- set stay = milepost.stay(series) -%}
{%- set key_list = keys | join(', ') -%}
{%- set kept = series.last if series.window == 'last' else 1 -%}
{%- set is_ordered = series.window in ['newest', 'last'] -%}
{%- set order = ['known_at', 'event_at'] + (series.features | map(attribute='id') | select | unique | list) -%}
{{ series.name }}_facts as (

    select
        *,
        {{ stay.enters_at }} as comes_at,
        {{ stay.leaves_at }} as goes_at
        {%- if is_ordered %},
        count(case when superseded_from is null then 1 end) over (
            partition by {{ key_list }}
            order by {{ order | join(', ') }}
            rows between unbounded preceding and current row
        ) as standing_count
        {%- endif %}
    from {{ series.facts }}_counted
    where
        {{ stay.leaves_at }} > {{ stay.enters_at }}
        {%- if series.window == 'newest' and series.columns %}
        and {{ series.features[0].value }} is not null
        {%- endif %}

),
{%- if is_ordered %}

{{ series.name }}_standing as (

    select
        {{ keys | join(',\n        ') }},
        standing_count - {{ kept }} as standing_count,
        enters_at as pushes_out_at
    from {{ series.name }}_facts
    where superseded_from is null

),

{{ series.name }}_candidates as (

    select
        facts.*,
        instants.grid_at,
        row_number() over (
            partition by {% for key in keys %}facts.{{ key }}, {% endfor %}instants.grid_at
            order by {% for column in order %}facts.{{ column }} desc{{ ', ' if not loop.last }}{% endfor %}
        ) as recency
    from {{ series.name }}_facts as facts
    left join {{ series.name }}_standing as standing
        on
            {% for key in keys -%}
            facts.{{ key }} = standing.{{ key }}
            and {% endfor -%}
            facts.standing_count = standing.standing_count
    inner join instants
        on
            {% for key in keys -%}
            facts.{{ key }} = instants.{{ key }}
            and {% endfor -%}
            instants.grid_at >= facts.comes_at
            and instants.grid_at < least(facts.goes_at, coalesce(standing.pushes_out_at, facts.goes_at))

),

{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        grid_at
        {%- for feature in features %},
        {{ milepost.held_aggregate(feature) }} as {{ feature.column }}
        {%- endfor %}
    from {{ series.name }}_candidates
    where recency <= {{ kept }}
    group by {{ range(1, keys | length + 2) | join(', ') }}

)
{%- else %}

{{ series.name }} as (

    select
        instants.{{ keys | join(',\n        instants.') }},
        instants.grid_at
        {%- for feature in features %},
        {{ milepost.held_aggregate(feature) }} as {{ feature.column }}
        {%- endfor %}
    from instants
    inner join {{ series.name }}_facts as facts
        on
            {% for key in keys -%}
            instants.{{ key }} = facts.{{ key }}
            and {% endfor -%}
            instants.grid_at >= facts.comes_at
            and instants.grid_at < facts.goes_at
    group by {{ range(1, keys | length + 2) | join(', ') }}

)
{%- endif %}
{%- endmacro %}
