{#
    CTEs for the features that are not sums (a median, a minimum, the newest value, the last 50 facts): at each
    instant of `milepost__instants`, the aggregates of the facts that are in the window there.

    For `newest` and `last`, a fact also leaves when enough newer facts that are never corrected have come. A
    newer fact that is corrected later does not push out older ones: once it is superseded, they count again. So
    more facts than needed may be left at an instant, and their order decides which of them count.

    The CTEs of a series: `milepost__facts_...` the facts with the steps at which they come and go,
    `milepost__standing_...` the steps at which a fact pushes an older one out, `milepost__candidates_...` the facts
    left at each instant with their order, and `milepost__held_...` the aggregates.

    series: as `window_series` gives it, with `held_features`.
#}
{% macro held_facts(series, keys) -%}
{%- set features = series.held_features -%}
{%- set stay = milepost.stay(series) -%}
{%- set held_count = series.last if series.window == 'last' else 1 -%}
{%- set is_ordered = series.window in ['newest', 'last'] -%}
{%- set order = ['known_at', 'event_at'] + (series.features | map(attribute='id') | select | unique | list) -%}
{%- set checked_values = {} -%}
{%- for feature in features if feature.aggregate in ['min', 'max', 'newest', 'newest_at', 'standing'] or feature.aggregate.startswith('p') -%}
    {%- do checked_values.setdefault(
        milepost.measure_name({'kind': 'value', 'column': feature.value or 'event_at'}), milepost.checked_value(feature)
    ) -%}
{%- endfor -%}
milepost__facts_{{ series.name }} as (

    select
        *,
        {{ stay.enters_step }} as milepost__comes_step,
        {{ stay.leaves_step }} as milepost__goes_step
        {%- for column, sql in checked_values.items() %},
        {{ sql }} as {{ column }}
        {%- endfor %}
        {%- if is_ordered %},
        count(case when milepost__superseded_step is null then 1 end) over (
            partition by {{ keys | join(', ') }}
            order by {{ order | join(', ') }}
            rows between unbounded preceding and current row
        ) as milepost__standing_count
        {%- endif %}
    from {{ milepost.facts_with_numbers('milepost__counted_' ~ series.label, features) | indent }}
    where
        {{ stay.leaves_step }} > {{ stay.enters_step }}
        {%- if series.window == 'newest' and series.features[0].value %}
        and {{ series.features[0].value }} is not null
        {%- endif %}

),
{%- if is_ordered %}

milepost__standing_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__standing_count - {{ held_count }} as milepost__standing_count,
        milepost__enters_step as milepost__pushes_out_step
    from milepost__facts_{{ series.name }}
    where milepost__superseded_step is null

),

milepost__candidates_{{ series.name }} as (

    select
        milepost__fact.*,
        milepost__instants.milepost__step,
        row_number() over (
            partition by milepost__fact.{{ keys | join(', milepost__fact.') }}, milepost__instants.milepost__step
            order by milepost__fact.{{ order | join(' desc, milepost__fact.') }} desc
        ) as milepost__recency
    from milepost__facts_{{ series.name }} as milepost__fact
    left join milepost__standing_{{ series.name }} as milepost__standing
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__standing', keys) | indent(8) }}
            and milepost__fact.milepost__standing_count = milepost__standing.milepost__standing_count
    inner join milepost__instants
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__instants', keys) | indent(8) }}
            and milepost__instants.milepost__step >= milepost__fact.milepost__comes_step
            and milepost__instants.milepost__step < least(
                milepost__fact.milepost__goes_step,
                coalesce(milepost__standing.milepost__pushes_out_step, milepost__fact.milepost__goes_step)
            )

),

milepost__held_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {{- milepost.held_columns(features) }}
    from milepost__candidates_{{ series.name }}
    where milepost__recency <= {{ held_count }}
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
            {{ milepost.is_same_key('milepost__instants', 'milepost__fact', keys) | indent(8) }}
            and milepost__instants.milepost__step >= milepost__fact.milepost__comes_step
            and milepost__instants.milepost__step < milepost__fact.milepost__goes_step
    group by {{ range(1, keys | length + 2) | join(', ') }}

)
{%- endif %}
{%- endmacro %}
