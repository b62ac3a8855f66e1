{#
    The expression of a derived feature with its names replaced, as its type. Milepost's dbt-duckdb plugin
    parses and writes it: `milepost/release/expression.py` says what it may hold. The time from
    `elapsed_days(a, b)`, `elapsed_hours` and `elapsed_minutes` is the macro `elapsed`.

    sql: the expression.
    names: `{'<name in the expression>': '<column>'}`.
    type: its type.
    Example: `{{ bind_expression('a / nullif(v.b, 0)', {'a': 'x.a', 'v.b': 'y.b'}, 'double') }}`
#}
{% macro bind_expression(sql, names, type) %}
    {% set elapsed = {} %}
    {% for unit in ['minute', 'hour', 'day'] %}
        {% do elapsed.update({unit: milepost.elapsed('{start}', '{end}', unit).split() | join(' ')}) %}
    {% endfor %}
    {% set request = {'sql': sql.split() | join(' '), 'names': names, 'declared': type, 'elapsed': elapsed} %}
    {{ return(milepost.raw_log_answer('milepost_expression', tojson(request)).sql) }}
{% endmacro %}
