{#
    The first landing date that is not closed, as a date literal: a build reads the dates before it.

    source_name: a source with `meta.raw_uri`.
    Example: `where landing_date < {{ closed_before('freight') }}`
#}
{% macro closed_before(source_name) %}
    {%- if not execute -%}
        cast('0001-01-01' as date)
    {%- else -%}
        {%- set raw_uri = milepost.raw_uri(source_name) -%}
        cast('{{ milepost.raw_log_answer('milepost_closed_before', raw_uri).closed_before }}' as date)
    {%- endif -%}
{% endmacro %}
