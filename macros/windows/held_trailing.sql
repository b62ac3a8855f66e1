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
    DuckDB aggregates a window of rows with the values in order, which it sorts once. Facts and instants are rows of
    one relation, in the order of their steps and an instant after the facts that come at its step. The aggregates are
    wanted at the instants alone: the window of a fact is empty.
#}
{% macro duckdb__held_trailing(series, keys) -%}
{%- set values = {} -%}
{%- for feature in series.held_features -%}
    {%- do values.update({milepost.measure_name({'kind': 'value', 'column': feature.value}): true}) -%}
{%- endfor -%}
{%- set lengths = series.lengths.values() | unique | sort -%}
{{ milepost.corrected_instants(series, keys, 'milepost__facts_' ~ series.name ~ ' as milepost__fact') }}

milepost__in_order_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        2 * milepost__comes_step as milepost__place
        {%- for column in values %},
        {{ column }}
        {%- endfor %}
    from milepost__facts_{{ series.name }}
    where not milepost__leaves_early

    union all

    select
        {{ keys | join(',\n        ') }},
        2 * milepost__step + 1 as milepost__place
        {%- for column in values %},
        null as {{ column }}
        {%- endfor %}
    from milepost__uncorrected_{{ series.name }}

),

milepost__frames_{{ series.name }} as (

    select
        *
        {%- for length in lengths %},
        case
            when milepost__place % 2 = 1
                then cast(count(*) over (
                    partition by {{ keys | join(', ') }}
                    order by milepost__place
                    range between {{ 2 * length - 1 }} preceding and current row
                ) as integer)
            else 0
        end - 1 as milepost__preceding_{{ length }}
        {%- endfor %}
    from milepost__in_order_{{ series.name }}

),

milepost__aggregates_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__place
        {%- for feature in series.held_features %},
        {{ milepost.held_aggregate(feature, series, over=' over milepost__frame_' ~ series.lengths[feature.series]) }} as {{ feature.column }}
        {%- endfor %}
    from milepost__frames_{{ series.name }}
    window
        {%- for length in lengths %}
        milepost__frame_{{ length }} as (
            partition by {{ keys | join(', ') }}
            order by milepost__place
            rows between milepost__preceding_{{ length }} preceding and current row
        ){{ ',' if not loop.last }}
        {%- endfor %}

),

milepost__held_{{ series.name }} as (

    select
        {{ keys | join(',\n        ') }},
        milepost__place // 2 as milepost__step
        {%- for feature in series.held_features %},
        {{ feature.column }}
        {%- endfor %}
    from milepost__aggregates_{{ series.name }}
    where milepost__place % 2 = 1

    union all

    {{ milepost.held_by_join(series, keys, 'milepost__corrected_' ~ series.name) | indent }}

)
{%- endmacro %}
