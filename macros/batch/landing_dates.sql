{#
    The landing dates that a run reads of a raw table, as a condition: those that are closed, and of
    them, where all that this run builds from it is incremental, those of the batch and its look-back
    (`slice_starts`). A snapshot holds until its next version, so that all of it is read.

    A unit test reads all of its rows.

    Example: `where {{ landing_dates('freight', 'loads') }}`
#}
{% macro landing_dates(source_name, table) -%}
    {%- if model.resource_type == 'unit_test' -%}
        {{ return('true') }}
    {%- endif -%}
    landing_date < {{ milepost.closed_before(source_name) }}
    {%- set snapshots = [] -%}
    {%- for source in (graph.sources.values() if execute else []) if source.config.meta.get('is_snapshot') -%}
        {%- do snapshots.append(source.source_name ~ '.' ~ source.name) -%}
    {%- endfor -%}
    {%- set first = milepost.planned_slice(model.unique_id) -%}
    {%- if first and source_name ~ '.' ~ table not in snapshots %}
        and landing_date >= cast('{{ first }}' as date)
    {%- endif -%}
{%- endmacro %}
