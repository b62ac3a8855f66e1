{#
    The first instant at which one of the feature views that this model looks up is no longer built,
    in SQL. From it on a later row of the view could be the newest.

    Example: `where event_timestamp < {{ built_through() }}`
#}
{% macro built_through() -%}
    {%- set instants = [] -%}
    {%- for view in (milepost.views_looked_up() if execute else []) -%}
        {%- do instants.append(milepost.built_range(view).built_through) -%}
    {%- endfor -%}
    cast('{{ instants | min if instants else '9999-12-31' }}' as timestamp)
{%- endmacro %}
