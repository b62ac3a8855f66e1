{#
    The first landing date that is not closed, as a date literal: a build reads the dates before it.

    source_name: a source with `meta.raw_uri`.
    Example: `where landing_date < {{ closed_before('freight') }}`
#}
{% macro closed_before(source_name) -%}
    {%- set date = milepost.ask('closed_before', {'source_name': source_name}) if execute else '0001-01-01' -%}
    cast('{{ date }}' as date)
{%- endmacro %}
