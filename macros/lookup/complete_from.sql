{#
    The instant from which the windows of all features that this model, or the model of this data
    test, looks up are full, in SQL. Before it a count is of less than its window says. Of a feature
    view that the model refers to and does not look up with `point_in_time_join`, every feature counts.

    Example: `event_timestamp >= {{ complete_from() }} as has_full_windows`
#}
{% macro complete_from() -%}
    {%- set instants = [] -%}
    {%- set features_of = milepost.features_looked_up() if execute else {} -%}
    {%- for view in (milepost.views_looked_up() if execute else []) -%}
        {%- set starts = milepost.built_range(view).complete_from -%}
        {%- for feature in features_of.get(view.unique_id, starts) -%}
            {%- if feature not in starts -%}
                {{- milepost.refuse_lookup(
                    "feature view `" ~ view.name ~ "` has no feature `" ~ feature ~ "`",
                    "there is `" ~ starts | join("`, `") ~ "`"
                ) -}}
            {%- endif -%}
            {%- do instants.append(starts[feature]) -%}
        {%- endfor -%}
    {%- endfor -%}
    cast('{{ instants | max if instants else '0001-01-01' }}' as timestamp)
{%- endmacro %}
