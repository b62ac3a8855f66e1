{#
    Whether most keys change at each step: of those with a row at either of the two grid instants before a batch, nine of ten have
    one at both. To ask which keys change costs more than it saves then. The rows are the same.

    On Spark and Sail a query takes longer than is gained. A model without these keys, or not yet built, tells nothing.

    steps: the batch, as `batch_steps` gives it.
#}
{% macro most_keys_change(keys, grid, steps) %}
    {{ return(adapter.dispatch('most_keys_change', 'milepost')(keys, grid, steps)) }}
{% endmacro %}

{% macro default__most_keys_change(keys, grid, steps) %}
    {{ return(false) }}
{% endmacro %}

{% macro duckdb__most_keys_change(keys, grid, steps) %}
    {% if not execute or steps.opening is none %}{{ return(false) }}{% endif %}
    {% set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list %}
    {% if (keys + ['available_at']) | reject('in', columns) | list %}{{ return(false) }}{% endif %}
    {% set opening, before = milepost.grid_instant(steps.opening, grid), milepost.grid_instant(steps.opening - 1, grid) %}
    {% set query %}
        select coalesce(avg(milepost__rows - 1), 0) >= 0.9
        from (
            select count(*) as milepost__rows
            from {{ this }}
            where available_at in ({{ milepost.available_at(before) }}, {{ milepost.available_at(opening) }})
            group by {{ keys | join(', ') }}
        )
    {% endset %}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}
