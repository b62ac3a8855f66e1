{#
    The CTE `name`: rows of a relation, each with the sums of its key so far. Rows are in an order along their key, and
    a sum has those up to the row and the row itself. Of rows that the order leaves equal, any may be first.

    where: which rows of the relation, in SQL, or nothing.
    order: what the rows of a key are ordered by, in SQL.
    sums: `{column: {'sql', 'type'}}`, an aggregate and its type as `as_total` takes it.
    columns: other columns, `{column: sql}`, which can use the window `milepost__so_far` of the rows up to each.
#}
{% macro sums_so_far(name, relation, keys, order, sums, where=none, columns={}) -%}
{{ adapter.dispatch('sums_so_far', 'milepost')(name, relation, keys, order, sums, where, columns) }}
{%- endmacro %}

{# Spark and Databricks, which add one row to the sum before. #}
{% macro default__sums_so_far(name, relation, keys, order, sums, where=none, columns={}) -%}
{{ name }} as (

    select
        {{ keys | join(',\n        ') }}
        {%- for column, sql in columns.items() %},
        {{ sql if sql == column else sql ~ ' as ' ~ column }}
        {%- endfor %}
        {%- for column, sum in sums.items() %},
        {{ milepost.as_total(sum.sql ~ ' over milepost__so_far', sum.type) }} as {{ column }}
        {%- endfor %}
    from {{ relation }}
    {%- if where %}
    where {{ where }}
    {%- endif %}
    window milepost__so_far as (
        partition by {{ keys | join(', ') }} order by {{ order }} rows unbounded preceding
    )

),
{%- endmacro %}

{#
    DuckDB computes each sum from partial sums of the key. The more rows a key has, the more of them a row needs: 66 ns a
    row at 32 rows of a key, 100 at 256, 150 at 1,024, 400 at 4,700 (November 2026, a BIGINT). So a key with more than 1,024
    rows is added up in blocks of 32, and then block by block. With fewer, the second sort costs what is saved.
#}
{% macro duckdb__sums_so_far(name, relation, keys, order, sums, where=none, columns={}) -%}
{{ name }}_keys as (

    select
        {{ keys | join(',\n        ') }},
        count(*) > 1024 as milepost__is_long
    from {{ relation }}
    {%- if where %}
    where {{ where }}
    {%- endif %}
    group by {{ range(1, keys | length + 1) | join(', ') }}

),

{{ name }}_in_blocks as (

    select
        {{ keys | join(',\n        ') }},
        {%- for column in columns %}
        milepost__column_{{ loop.index }} as {{ column }},
        {%- endfor %}
        milepost__block,
        milepost__position % 32 = 0 as milepost__ends_block
        {%- for column, sum in sums.items() %},
        {{ sum.sql }} over milepost__of_block as {{ column }}
        {%- endfor %}
    from (
        select
            milepost__rows.*,
            {%- for sql in columns.values() %}
            {{ sql }} as milepost__column_{{ loop.index }},
            {%- endfor %}
            row_number() over milepost__so_far as milepost__position,
            (row_number() over milepost__so_far - 1) // 32 as milepost__block
        from {{ milepost.rows_with_key(name, relation, keys, where) | indent(8) }}
        where milepost__is_long
        window milepost__so_far as (
            partition by {{ keys | join(', ') }} order by {{ order }} rows unbounded preceding
        )
    ) as milepost__positions
    window milepost__of_block as (
        partition by {{ keys | join(', ') }}, milepost__block order by milepost__position rows unbounded preceding
    )

),

{{ name }}_before_blocks as (

    select
        {{ keys | join(',\n        ') }},
        milepost__block + 1 as milepost__block
        {%- for column in sums %},
        sum({{ column }}) over milepost__so_far as {{ column }}
        {%- endfor %}
    from {{ name }}_in_blocks
    where milepost__ends_block
    window milepost__so_far as (
        partition by {{ keys | join(', ') }} order by milepost__block rows unbounded preceding
    )

),

{{ name }} as (

    select
        {{ keys | join(',\n        ') }}
        {%- for column, sql in columns.items() %},
        {{ sql if sql == column else sql ~ ' as ' ~ column }}
        {%- endfor %}
        {%- for column, sum in sums.items() %},
        {{ milepost.as_total(sum.sql ~ ' over milepost__so_far', sum.type) }} as {{ column }}
        {%- endfor %}
    from {{ milepost.rows_with_key(name, relation, keys, where) | indent }}
    where not milepost__is_long
    window milepost__so_far as (
        partition by {{ keys | join(', ') }} order by {{ order }} rows unbounded preceding
    )

    union all

    select
        {{ name }}_in_blocks.{{ (keys + columns | list) | join(',\n        ' ~ name ~ '_in_blocks.') }}
        {%- for column, sum in sums.items() %},
        {% set within, before = name ~ '_in_blocks.' ~ column, name ~ '_before_blocks.' ~ column -%}
        {% set total = 'coalesce(' ~ before ~ ' + ' ~ within ~ ', ' ~ before ~ ', ' ~ within ~ ')' -%}
        {{ milepost.as_total(total, sum.type) }} as {{ column }}
        {%- endfor %}
    from {{ name }}_in_blocks
    left join {{ name }}_before_blocks
        on
            {{ milepost.is_same_key(name ~ '_in_blocks', name ~ '_before_blocks', keys) | indent(8) }}
            and {{ name }}_in_blocks.milepost__block = {{ name }}_before_blocks.milepost__block

),
{%- endmacro %}

{# Rows of a relation, each with what is known of its whole key, in SQL. #}
{% macro rows_with_key(name, relation, keys, where) -%}
(
    select
        milepost__rows.*,
        {{ name }}_keys.milepost__is_long
    from {{ relation }} as milepost__rows
    inner join {{ name }}_keys
        on
            {{ milepost.is_same_key('milepost__rows', name ~ '_keys', keys) | indent(8) }}
    {%- if where %}
    where {{ where }}
    {%- endif %}
) as milepost__rows
{%- endmacro %}
