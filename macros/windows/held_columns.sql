{#
    The columns that `held_facts` gives of each instant, in SQL: one for each feature, and for a standard
    deviation the measures that `stddev_of` reads.

    features: those of a series that are no sums.
#}
{% macro held_columns(features) -%}
{%- set columns = {} -%}
{%- for feature in features -%}
    {%- if feature.aggregate == 'stddev' -%}
        {%- for measure in milepost.feature_measures(feature) -%}
            {%- do columns.update({milepost.measure_name(measure, feature.series): measure.sql}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do columns.update({feature.column: milepost.held_aggregate(feature, features)}) -%}
    {%- endif -%}
{%- endfor -%}
{%- for column, sql in columns.items() %},
        {{ sql }} as {{ column }}
{%- endfor -%}
{%- endmacro %}
