{#
    The expression of a derived feature with its names replaced, as its type. Milepost's dbt-duckdb plugin
    parses and writes it: `milepost/release/expression.py` says what it may hold. The functions that engines
    write each in their own way are macros: `elapsed`, `local_hour`, `local_weekday`, `great_circle_miles`.

    sql: the expression.
    names: `{'<name in the expression>': '<column>'}`.
    type: its type.
    Example: `{{ bind_expression('a / nullif(v.b, 0)', {'a': 'x.a', 'v.b': 'y.b'}, 'double') }}`
#}
{% macro bind_expression(sql, names, type) %}
    {% set written = {
        'local_hour': milepost.local_hour('{0}', '{1}'),
        'local_weekday': milepost.local_weekday('{0}', '{1}'),
        'great_circle_miles': milepost.great_circle_miles('{0}', '{1}', '{2}', '{3}'),
    } %}
    {% for unit in ['minute', 'hour', 'day'] %}
        {% do written.update({'elapsed_' ~ unit ~ 's': milepost.elapsed('{0}', '{1}', unit)}) %}
    {% endfor %}
    {% set functions = {} %}
    {% for name, template in written.items() %}
        {% do functions.update({name: template.split() | join(' ')}) %}
    {% endfor %}
    {{ return(milepost.ask('expression', {
        'sql': sql.split() | join(' '), 'names': names, 'declared': type, 'functions': functions
    })) }}
{% endmacro %}
