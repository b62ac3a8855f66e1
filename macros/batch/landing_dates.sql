{#
    The landing dates that a run reads of a raw table, as a condition: those that are closed, and of
    them, where every model that this run builds from it is incremental, those of the batch and its
    look-back (`slice_start`). A snapshot holds until its next version, so that all of it is read.

    Example: `where {{ landing_dates('freight', 'loads') }}`
#}
{% macro landing_dates(source_name, table) -%}
    landing_date < {{ milepost.closed_before(source_name) }}
    {%- set ns = namespace(first=milepost.slice_starts().get(model.unique_id) if execute else none) -%}
    {%- for source in (graph.sources.values() if execute else []) if source.source_name == source_name and source.name == table -%}
        {%- if source.config.meta.get('is_snapshot') -%}
            {%- set ns.first = none -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if ns.first %}
        and landing_date >= cast('{{ ns.first }}' as date)
    {%- endif -%}
{%- endmacro %}
