{#
    The rows of a unit test's fixture with the columns that `raw_rows` adds.

    relation: the fixture.
    known: `{'by': ..., 'column': ...}` of the raw table.
#}
{% macro fixture_rows(relation, known) -%}
(
    select
        *,
        {%- if known.by == 'model' %}
        cast(null as timestamp) as milepost__known_at,
        cast('0001-01-01' as timestamp) as milepost__starts_at,
        cast('9999-12-31' as timestamp) as milepost__closes_at,
        {%- else %}
        {%- set known_at = adapter.quote(known.column) if known.by == 'column' else 'milepost__known_at' %}
        {%- if known.by == 'column' %}
        cast({{ known_at }} as timestamp) as milepost__known_at,
        {%- endif %}
        cast(cast({{ known_at }} as date) as timestamp) as milepost__starts_at,
        cast(cast({{ known_at }} as date) as timestamp) + interval '1' day as milepost__closes_at,
        {%- endif %}
        {{ 'false' if known.by in ['column', 'commit'] else 'true' }} as milepost__is_known_at_estimated,
        false as milepost__is_removed,
        cast(null as string) as milepost__unreadable
    from {{ relation }}
)
{%- endmacro %}
