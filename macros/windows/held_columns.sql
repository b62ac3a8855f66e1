{#
    The columns that `held_facts` gives of each instant, in SQL: the measures of what adds up, which `feature_value`
    reads, and a column for each other feature. Each aggregates the facts that are joined to an instant.

    series: as `held_series` gives it.
#}
{% macro held_columns(series) -%}
{%- set columns = {} -%}
{%- for feature in series.held_features -%}
    {%- for measure in milepost.feature_measures(feature) -%}
        {%- do columns.update({milepost.measure_name(measure, feature.series): measure.sql}) -%}
    {%- else -%}
        {#- The facts of the longest window are joined. -#}
        {%- set length = series.lengths[feature.series] -%}
        {%- set is_in_window = 'milepost__step < milepost__comes_step + ' ~ length if length < series.reach - series.back -%}
        {%- do columns.update({feature.column: milepost.held_aggregate(feature, series, is_in_window=is_in_window)}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for column, sql in columns.items() %},
    {{ sql }} as {{ column }}
{%- endfor -%}
{%- endmacro %}
