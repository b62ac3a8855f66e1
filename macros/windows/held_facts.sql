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
{%- set checked = {} -%}
{%- for feature in features if feature.aggregate in ['min', 'max', 'newest', 'newest_at'] or feature.aggregate.startswith('p') -%}
    {%- do checked.setdefault(
        milepost.measure_name({'kind': 'value', 'column': feature.value or 'event_at'}), milepost.checked_value(feature)
    ) -%}
{%- endfor -%}
milepost__facts_{{ series.name }} as (

    select
        *,
        {{ stay.enters_at }} as milepost__comes_at,
        {{ stay.leaves_at }} as milepost__goes_at
        {%- for name, sql in checked.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
        {%- if is_ordered %},
        count(case when milepost__superseded_from is null then 1 end) over (
            partition by {{ key_list }}
            order by {{ order | join(', ') }}
            rows between unbounded preceding and current row
        ) as milepost__standing_count
        {%- endif %}
    from {{ milepost.facts_with_numbers('milepost__counted_' ~ series.label, features) }}
    where
        {{ stay.leaves_at }} > {{ stay.enters_at }}
        {%- if series.window == 'newest' and series.features[0].value %}
        and {{ series.features[0].value }} is not null
        {%- endif %}

),
{%- if is_ordered %}

milepost__standing_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__standing_count - {{ kept }} as milepost__standing_count,
        milepost__enters_at as milepost__pushes_out_at
    from milepost__facts_{{ series.name }}
    where milepost__superseded_from is null

),

milepost__candidates_{{ series.name }} as (

    select
        milepost__fact.*,
        milepost__instants.milepost__step,
        row_number() over (
            partition by {% for key in keys %}milepost__fact.{{ key }}, {% endfor %}milepost__instants.milepost__step
            order by {% for column in order %}milepost__fact.{{ column }} desc{{ ', ' if not loop.last }}{% endfor %}
        ) as milepost__recency
    from milepost__facts_{{ series.name }} as milepost__fact
    left join milepost__standing_{{ series.name }} as milepost__standing
        on
            {% for key in keys -%}
            milepost__fact.{{ key }} = milepost__standing.{{ key }}
            and {% endfor -%}
            milepost__fact.milepost__standing_count = milepost__standing.milepost__standing_count
    inner join milepost__instants
        on
            {% for key in keys -%}
            milepost__fact.{{ key }} = milepost__instants.{{ key }}
            and {% endfor -%}
            milepost__instants.milepost__step >= milepost__fact.milepost__comes_at
            and milepost__instants.milepost__step < least(
                milepost__fact.milepost__goes_at,
                coalesce(milepost__standing.milepost__pushes_out_at, milepost__fact.milepost__goes_at)
            )

),

milepost__held_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {{- milepost.held_columns(features) }}
    from milepost__candidates_{{ series.name }}
    where milepost__recency <= {{ kept }}
    group by {{ range(1, keys | length + 2) | join(', ') }}

)
{%- else %}

milepost__held_{{ series.name }} as (

    select
        milepost__instants.{{ keys | join(',\n        milepost__instants.') }},
        milepost__instants.milepost__step
        {{- milepost.held_columns(features) }}
    from milepost__instants
    inner join milepost__facts_{{ series.name }} as milepost__fact
        on
            {% for key in keys -%}
            milepost__instants.{{ key }} = milepost__fact.{{ key }}
            and {% endfor -%}
            milepost__instants.milepost__step >= milepost__fact.milepost__comes_at
            and milepost__instants.milepost__step < milepost__fact.milepost__goes_at
    group by {{ range(1, keys | length + 2) | join(', ') }}

)
{%- endif %}
{%- endmacro %}
