{#
    Whether an instant is of this run's batch, in SQL: for a model whose rows are no grid instants. In
    a unit test every one is.

    Example: `where {{ in_batch('horizon_at') }}`
#}
{% macro in_batch(instant) -%}
    {%- set batch = milepost.batch() -%}
    {%- if batch.start -%}
        {{ instant }} >= cast('{{ batch.start }}' as timestamp)
        and {{ ' ' }}
    {%- endif -%}
    {{ instant ~ " < cast('" ~ batch.end ~ "' as timestamp)" if batch.end else 'true' }}
{%- endmacro %}
