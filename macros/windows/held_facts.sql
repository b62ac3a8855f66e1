{#
    CTEs for the features that are not differences of two totals (a median, a minimum, the newest value, the last 50
    facts): at each instant of `milepost__instants`, the aggregates of the facts that are in the window there.

    The CTEs of a series: `milepost__facts_...` the facts with the steps at which they come and go, and
    `milepost__held_...` the aggregates. `milepost__corrected_...` are the instants at which a fact is in the window
    that leaves it early, because it is superseded. There, the facts are joined to the instants. Elsewhere, the facts
    in the window are the newest that have come, so that no join is needed for most aggregates.

    series: as `held_series` gives it.
#}
{% macro held_facts(series, keys) -%}
{%- set stay = milepost.stay(series) -%}
{%- set is_ordered = series.window in ['newest', 'last'] -%}
{%- set checked_values = {} -%}
{%- for feature in series.held_features if not milepost.feature_measures(feature) and feature.aggregate != 'distinct' -%}
    {%- do checked_values.setdefault(
        milepost.measure_name({'kind': 'value', 'column': feature.value or 'event_at'}), milepost.checked_value(feature)
    ) -%}
{%- endfor -%}
milepost__facts_{{ series.name }} as (

    select
        *,
        {{ stay.enters_step }} as milepost__comes_step,
        {{ stay.leaves_step }} as milepost__goes_step
        {%- if series.window != 'standing' %},
        coalesce(milepost__superseded_step < milepost__enters_step + {{ series.reach }}, false) as milepost__leaves_early
        {%- endif %}
        {%- for column, sql in checked_values.items() %},
        {{ sql }} as {{ column }}
        {%- endfor %}
    from {{ milepost.facts_with_numbers('milepost__counted_' ~ series.label, series.held_features) | indent }}
    where
        {{ stay.leaves_step }} > {{ stay.enters_step }}
        {%- if series.window == 'newest' and series.features[0].value %}
        and {{ series.features[0].value }} is not null
        {%- endif %}

),

{% if is_ordered -%}
{{ milepost.held_newest(series, keys) }}
{%- elif series.window == 'trailing' -%}
{{ milepost.held_trailing(series, keys) }}
{%- else -%}
milepost__held_{{ series.name }} as (

    {{ milepost.held_by_join(series, keys) | indent }}

)
{%- endif %}
{%- endmacro %}
