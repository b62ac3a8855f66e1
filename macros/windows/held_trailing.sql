{#
    The CTE `milepost__held_...` of trailing windows that end together: minima, maxima and percentiles.

    series: as `held_series` gives it.
#}
{% macro held_trailing(series, keys) -%}
{{ adapter.dispatch('held_trailing', 'milepost')(series, keys) }}
{%- endmacro %}

{# Spark and Databricks. #}
{% macro default__held_trailing(series, keys) -%}
milepost__held_{{ series.name }} as (

    {{ milepost.held_by_join(series, keys) | indent }}

)
{%- endmacro %}

{#
    DuckDB aggregates a window of rows with the values in order, which it sorts once. The rows are the facts, and the
    instants at which none comes. A batch has few instants, and joins. Corrected instants, at which a fact is in the
    window that leaves it early, are joined to facts, too.

    Corrected instants are marked before the windows: DuckDB 1.5.5 does not end where a CTE of windows is joined to
    them, and then united with a join of them.
#}
{% macro duckdb__held_trailing(series, keys) -%}
{%- if not series.is_totalled -%}
{{ milepost.default__held_trailing(series, keys) }}
{%- else -%}
{%- set values = series.held_features | map(attribute='value') | unique | list -%}
milepost__corrected_{{ series.name }} as (

    select distinct
        milepost__instants.{{ keys | join(',\n        milepost__instants.') }},
        milepost__instants.milepost__step
    from milepost__facts_{{ series.name }} as milepost__fact
    inner join milepost__instants
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__instants', keys) | indent(8) }}
            and milepost__instants.milepost__step >= milepost__fact.milepost__comes_step
            and milepost__instants.milepost__step < milepost__fact.milepost__goes_step
    where milepost__fact.milepost__leaves_early

),

milepost__in_order_{{ series.name }} as (

    select
        milepost__fact.{{ keys | join(',\n        milepost__fact.') }},
        milepost__fact.milepost__comes_step as milepost__step,
        milepost__corrected.milepost__step is not null as milepost__is_corrected
        {%- for value in values %},
        milepost__fact.{{ milepost.measure_name({'kind': 'value', 'column': value}) }}
        {%- endfor %}
    from milepost__facts_{{ series.name }} as milepost__fact
    left join milepost__corrected_{{ series.name }} as milepost__corrected
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__corrected', keys) | indent(8) }}
            and milepost__fact.milepost__comes_step = milepost__corrected.milepost__step
    where not milepost__fact.milepost__leaves_early

    union all

    select
        milepost__instants.{{ keys | join(',\n        milepost__instants.') }},
        milepost__instants.milepost__step,
        false as milepost__is_corrected
        {%- for value in values %},
        null as {{ milepost.measure_name({'kind': 'value', 'column': value}) }}
        {%- endfor %}
    from milepost__instants
    anti join (
        select
            {{ keys | join(',\n            ') }},
            milepost__comes_step as milepost__step
        from milepost__facts_{{ series.name }}
        where not milepost__leaves_early
        union all
        select
            {{ keys | join(',\n            ') }},
            milepost__step
        from milepost__corrected_{{ series.name }}
    ) as milepost__left_out
        on
            {{ milepost.is_same_key('milepost__instants', 'milepost__left_out', keys) | indent(8) }}
            and milepost__instants.milepost__step = milepost__left_out.milepost__step

),

milepost__aggregates_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step,
        milepost__is_corrected,
        lead(milepost__step)
            over (partition by {{ keys | join(', ') }} order by milepost__step)
            as milepost__next_step
        {%- for feature in series.held_features %},
        {{ milepost.held_aggregate(feature, series, over=' over milepost__frame_' ~ series.lengths[feature.series]) }} as {{ feature.column }}
        {%- endfor %}
    from milepost__in_order_{{ series.name }}
    window
        {%- for length in series.lengths.values() | unique | sort %}
        milepost__frame_{{ length }} as (
            partition by {{ keys | join(', ') }}
            order by milepost__step
            range between {{ length - 1 }} preceding and current row
        ){{ ',' if not loop.last }}
        {%- endfor %}

),

milepost__held_{{ series.name }} as (

    select * exclude (milepost__is_corrected, milepost__next_step)
    from milepost__aggregates_{{ series.name }}
    where
        not milepost__is_corrected
        and coalesce(milepost__next_step > milepost__step, true)

    union all

    {{ milepost.held_by_join(series, keys, 'milepost__corrected_' ~ series.name) | indent }}

)
{%- endif %}
{%- endmacro %}
