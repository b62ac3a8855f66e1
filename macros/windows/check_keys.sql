{# Stops where the keys of `trailing_features` are not a list of plain names, or one stands there twice. #}
{% macro check_keys(keys) %}
    {% if keys is string or keys is mapping or keys is not sequence %}
        {% do exceptions.raise_compiler_error(
            "trailing_features: `keys` is `" ~ keys ~ "`\nhint: give a list of columns, `[]` for a view about no entity"
        ) %}
    {% endif %}
    {% for key in keys %}
        {% set fault = milepost.name_fault(key)
            or ({'is': 'a column of every result', 'hint': 'rename it'} if key == 'available_at')
            or ({'is': 'there twice', 'hint': 'name each once'} if (keys | list).count(key) > 1) %}
        {% if fault %}
            {% do exceptions.raise_compiler_error("trailing_features: key `" ~ key ~ "` is " ~ fault.is ~ "\nhint: " ~ fault.hint) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
