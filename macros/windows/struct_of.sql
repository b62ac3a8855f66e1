{# Columns as one value, in SQL, whose fields have their names. #}
{% macro struct_of(columns) %}
    {{ return(adapter.dispatch('struct_of', 'milepost')(columns)) }}
{% endmacro %}

{% macro duckdb__struct_of(columns) %}
    {% set fields = [] %}
    {% for column in columns %}{% do fields.append(column ~ ' := ' ~ column) %}{% endfor %}
    {{ return('struct_pack(' ~ fields | join(', ') ~ ')') }}
{% endmacro %}
