{#
    A CTE that says how many hours each feature looks back. Nothing reads it but
    `milepost/building/look_back.py`, which finds in a model's compiled SQL what its columns are made from.

    features: as `parse_features` gives them.
#}
{% macro look_backs(features) -%}
milepost__look_backs as ( -- noqa: ST03

    select
        {%- for feature in features %}
        {{ feature.look_back_hours }} as {{ feature.column }}{{ ',' if not loop.last }}
        {%- endfor %}

),
{%- endmacro %}
