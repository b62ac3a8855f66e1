{# Whether two relations of a query have the same key, in SQL: one condition a line. #}
{% macro is_same_key(relation, other_relation, keys) -%}
{%- for key in keys -%}
{{ relation }}.{{ key }} = {{ other_relation }}.{{ key }}
{{- '\n    and ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}
