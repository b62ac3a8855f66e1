{#
    The instant from which every window of the feature views that this model looks up is full, in
    SQL. Before it a count is of less than its window says.

    Example: `event_timestamp >= {{ complete_from() }} as has_full_windows`
#}
{% macro complete_from() -%}
    {%- set instants = [] -%}
    {%- for view in (milepost.views_looked_up() if execute else []) -%}
        {%- do instants.append(milepost.built_range(view).complete_from.isoformat(' ')) -%}
    {%- endfor -%}
    cast('{{ instants | max if instants else '0001-01-01' }}' as timestamp)
{%- endmacro %}
