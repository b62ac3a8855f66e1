{#
    All columns of what a select reads but some, in SQL: the end of a view that computes more from its windows
    and keeps a window for itself.

    columns: those that are left out.
    of: the model that is read, where this is not the end of a view.
    Example: `select {{ all_but(['load_count_7d']) }}, load_count_7d / 7 as loads_per_day_7d from windows`
#}
{% macro all_but(columns, of=none) -%}
{{ adapter.dispatch('all_but', 'milepost')(columns, of) }}
{%- endmacro %}

{# SQL has no such list: the names are written, of a model that is built or as they are declared. #}
{% macro default__all_but(columns, of) -%}
{%- set names = [] -%}
{%- if of and execute and model.resource_type != 'unit_test' -%}
    {%- set names = adapter.get_columns_in_relation(ref(of)) | map(attribute='name') | list -%}
{%- endif -%}
{%- set names = names or (milepost.ask('columns_read', {
    'node_id': model.tested_node_unique_id or model.unique_id, 'of': of
}) if execute else ['*']) -%}
{{ names | reject('in', columns) | join(', ') }}
{%- endmacro %}

{% macro duckdb__all_but(columns, of) -%}
* exclude ({{ columns | join(', ') }})
{%- endmacro %}
