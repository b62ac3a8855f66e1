{#
    A base model for what the source lacks: its columns, by name and type, and no row of a raw table.

    Example: `{{ no_rows({'claim_id': 'string', 'amount_usd': 'decimal(12, 2)'}) }}`
#}
{% macro no_rows(columns, table='flights') -%}
select
    {%- for name, data_type in columns.items() %}
    cast(null as {{ data_type }}) as {{ name }},
    {%- endfor %}
    cast(null as timestamp) as event_at,
    milepost__known_at as known_at,
    milepost__starts_at as landing_starts_at,
    milepost__closes_at as landing_closes_at,
    milepost__unreadable as unreadable,
    cast(null as string) as fault
from {{ milepost.raw_rows('flights', table) }}
where false
{%- endmacro %}
