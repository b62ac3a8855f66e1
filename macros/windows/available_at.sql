{#
    The instant from which a model in production can have the row of a grid instant: the grid
    instant plus the view's `meta.serving_delay_minutes`. In a unit test, which knows no model's
    meta, the grid instant itself.

    Example: `{{ available_at('grid_at') }} as available_at`
#}
{% macro available_at(grid_at) -%}
    {%- set in_unit_test = model.resource_type == 'unit_test' -%}
    {%- set minutes = 0 if in_unit_test else model.config.meta.get('serving_delay_minutes') -%}
    {%- if execute and minutes is not number -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ model.name ~ "` states no `meta.serving_delay_minutes`"
            ~ "\nhint: state it for all feature views in dbt_project.yml, or in the view's YAML"
        ) -%}
    {%- endif -%}
    {{ grid_at }}{{ " + interval '" ~ minutes ~ "' minute" if minutes }}
{%- endmacro %}
