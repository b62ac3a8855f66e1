{#
    All columns of what a select reads but some, in SQL: the end of a view that computes more from its windows
    and keeps a window for itself.

    columns: those that are left out.
    Example: `select {{ all_but(['load_count_7d']) }}, load_count_7d / 7 as loads_per_day_7d from windows`
#}
{% macro all_but(columns) -%}
{{ adapter.dispatch('all_but', 'milepost')(columns) }}
{%- endmacro %}

{# Spark from version 4 on, Databricks and BigQuery; SQL has no such list. #}
{% macro default__all_but(columns) -%}
* except ({{ columns | join(', ') }})
{%- endmacro %}

{% macro duckdb__all_but(columns) -%}
* exclude ({{ columns | join(', ') }})
{%- endmacro %}
