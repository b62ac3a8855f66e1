{#
    The CTE `milepost__held_...` of the newest facts of a window, one or more, and the CTEs that it needs.

    A fact also leaves when enough newer facts have come that stay as long as they can. A newer fact that leaves
    early does not push out older ones: once it is superseded, they count again. So more facts than needed may be
    left at an instant, and their order decides which of them count. `milepost__standing_...` has the steps at which
    a fact pushes an older one out, `milepost__candidates_...` the facts left at each instant with their order.

    Where all features add up, `newest_sums` needs no candidates.

    series: as `held_series` gives it.
#}
{% macro held_newest(series, keys) -%}
{%- set held_count = series.last if series.window == 'last' else 1 -%}
{%- set order = ['known_at', 'event_at'] + (series.features | map(attribute='id') | select | unique | list) -%}
{%- set sums = {} -%}
{%- for feature in series.held_features -%}
    {%- for measure in milepost.feature_measures(feature) -%}
        {%- do sums.update({milepost.measure_name(measure, feature.series): measure.sql}) -%}
    {%- else -%}
        {%- do sums.update({feature.column: none}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- if sums.values() | reject | list == [] -%}
{{ milepost.newest_sums(series, keys, order, sums) }}
{%- else -%}
milepost__numbered_{{ series.name }} as (

    select
        *,
        count(case when not milepost__leaves_early then 1 end) over (
            partition by {{ keys | join(', ') }}
            order by {{ order | join(' nulls first, ') }} nulls first
            rows between unbounded preceding and current row
        ) as milepost__standing_count
    from milepost__facts_{{ series.name }}

),

milepost__standing_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__standing_count - {{ held_count }} as milepost__standing_count,
        milepost__comes_step as milepost__pushes_out_step
    from milepost__numbered_{{ series.name }}
    where not milepost__leaves_early

),

milepost__candidates_{{ series.name }} as (

    select
        milepost__fact.*,
        milepost__instants.milepost__step,
        row_number() over (
            partition by milepost__fact.{{ keys | join(', milepost__fact.') }}, milepost__instants.milepost__step
            order by milepost__fact.{{ order | join(' desc nulls last, milepost__fact.') }} desc nulls last
        ) as milepost__recency
    from milepost__numbered_{{ series.name }} as milepost__fact
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
        {{- milepost.held_columns(series) | indent }}
    from milepost__candidates_{{ series.name }}
    where milepost__recency <= {{ held_count }}
    group by {{ range(1, keys | length + 2) | join(', ') }}

)
{%- endif -%}
{%- endmacro %}
