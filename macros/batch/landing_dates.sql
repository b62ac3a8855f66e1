{#
    The landing dates that a run reads of a raw table, as a condition: those that are closed, and of
    them, where all that this run builds from it grows by batches, those of the batch and its look-back.
    A snapshot holds until its next version, so that all of it is read.

    A unit test reads all of its rows.

    Example: `where {{ landing_dates('freight', 'loads') }}`
#}
{% macro landing_dates(source_name, table) -%}
    {%- if not execute or model.resource_type == 'unit_test' -%}
        true
    {%- else -%}
        {%- set dates = milepost.ask(
            'landing_dates', {'node_id': model.unique_id, 'source_name': source_name, 'table': table}
        ) -%}
        landing_date < cast('{{ dates.end }}' as date)
        {%- if dates.first %}
        and landing_date >= cast('{{ dates.first }}' as date)
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
