{#
    Columns as one value, in SQL, whose fields have their names.

    Example: `{{ struct_of(['count', 'total']) }}`
#}
{% macro struct_of(columns) %}
    {{ return(adapter.dispatch('struct_of', 'milepost')(columns)) }}
{% endmacro %}

{# Spark and Databricks; SQL has no such function of its own. #}
{% macro default__struct_of(columns) %}
    {% set fields = [] %}
    {% for column in columns %}{% do fields.append("'" ~ column ~ "', " ~ column) %}{% endfor %}
    {{ return('named_struct(' ~ fields | join(', ') ~ ')') }}
{% endmacro %}

{% macro duckdb__struct_of(columns) %}
    {% set fields = [] %}
    {% for column in columns %}{% do fields.append(column ~ ' := ' ~ column) %}{% endfor %}
    {{ return('struct_pack(' ~ fields | join(', ') ~ ')') }}
{% endmacro %}
