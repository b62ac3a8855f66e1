{# What dbt casts where it checks a contract. In Spark text of any length is `string`, and `varchar` needs a length. #}
{% macro spark__cast(field, type) %}
    cast({{ field }} as {{ 'string' if type | lower == 'varchar' else type }})
{% endmacro %}
