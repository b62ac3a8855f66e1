{#
    The columns of an id as a list: a composite id is a list already, and a key of `references`, `snapshots` or
    `code_lists` names several columns with commas between them.

    Example: `columns_of('order_id, line_number')` gives `['order_id', 'line_number']`.
#}
{% macro columns_of(id) %}
    {{ return((id.split(',') if id is string else id) | map('trim') | list) }}
{% endmacro %}
