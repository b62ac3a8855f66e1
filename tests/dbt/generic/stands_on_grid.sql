{#
    Fails for the rows whose `available_at` is no grid instant plus the serving delay.

    grid: `day` or `hour`.
    serving_delay_minutes: the view's `meta.serving_delay_minutes`.
#}
{% test stands_on_grid(model, column_name, grid, serving_delay_minutes) %}

{%- if grid not in ['day', 'hour'] -%}
    {%- do exceptions.raise_compiler_error(
        "stands_on_grid: `" ~ grid ~ "` is no grid\nhint: write `day` or `hour`"
    ) -%}
{%- endif -%}
with

grid_instants as (

    select {{ column_name }} - interval '{{ serving_delay_minutes }}' minute as grid_at
    from {{ model }}

),

validation_errors as (

    select grid_at
    from grid_instants
    where grid_at <> date_trunc('{{ grid }}', grid_at)

)

select * from validation_errors

{% endtest %}
