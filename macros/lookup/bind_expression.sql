{#
    The expression of a derived feature with its names replaced, as its type. `elapsed_days(a, b)`,
    `elapsed_hours` and `elapsed_minutes`, of two columns, become `elapsed`, which engines write each
    in their own way. `milepost/release/expression.py` binds names as this does, and says what an expression
    may hold: the two change together.

    sql: the expression.
    names: `{'<name in the expression>': '<column>'}`.
    type: its type.
    Example: `{{ bind_expression('a / nullif(v.b, 0)', {'a': 'x.a', 'v.b': 'y.b'}, 'double') }}`
#}
{% macro bind_expression(sql, names, type) -%}
    {%- set escaped = [] -%}
    {%- for name in names -%}{%- do escaped.append(modules.re.escape(name)) -%}{%- endfor -%}
    {%- set bound = [] -%}
    {%- for part in modules.re.split('(?<![\\w.])(' ~ escaped | join('|') ~ ')(?![\\w.(])', sql) -%}
        {%- do bound.append(names[part] if loop.index0 is odd else part) -%}
    {%- endfor -%}
    {%- set elapsed = '\\belapsed_(minute|hour|day)s\\(\\s*([\\w.]+)\\s*,\\s*([\\w.]+)\\s*\\)' -%}
    {%- set parts = modules.re.split(elapsed, bound | join) -%}
    cast(
        {%- for part in parts -%}
            {%- if loop.index0 % 4 == 0 -%}
                {{ part }}
            {%- elif loop.index0 % 4 == 1 -%}
                cast({{ milepost.elapsed(parts[loop.index0 + 1], parts[loop.index0 + 2], part) }} as double)
            {%- endif -%}
        {%- endfor %} as {{ 'string' if type | lower == 'varchar' else type | lower -}}
    )
{%- endmacro %}
