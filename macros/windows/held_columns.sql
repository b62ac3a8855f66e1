{#
    What `held_facts` gives of each instant: one column for each feature, and for a standard deviation
    the measures that `stddev_of` reads.
#}
{% macro held_columns(features) -%}
{%- set columns = {} -%}
{%- for feature in features -%}
    {%- if feature.aggregate == 'stddev' -%}
        {%- for measure in milepost.feature_measures(feature) -%}
            {%- do columns.update({milepost.measure_name(measure, feature.series): measure.sql}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do columns.update({feature.column: milepost.held_aggregate(feature)}) -%}
    {%- endif -%}
{%- endfor -%}
{%- for name, sql in columns.items() %},
        {{ sql }} as {{ name }}
{%- endfor -%}
{%- endmacro %}
