{#
    What is wrong with the name of a key, column, feature or facts relation, and a hint: `{'is', 'hint'}`;
    none where nothing is. `milepost/release/names.py` says the same: the two change together.

    Example: `{{ name_fault('order').hint }}`
#}
{% macro name_fault(name) %}
    {% if name is not string or not modules.re.fullmatch('[a-z][a-z0-9_]{0,62}', name) %}
        {{ return({'is': 'not a plain name', 'hint': 'use lower-case letters, digits and `_`, 63 at most'}) }}
    {% elif name.startswith('milepost__') %}
        {{ return({'is': 'a name of our own', 'hint': 'rename it: what Milepost adds begins with `milepost__`'}) }}
    {% elif name in milepost.reserved_words() %}
        {{ return({'is': 'a reserved word of SQL', 'hint': 'rename it: `' ~ name ~ '_id`, `is_' ~ name ~ '` ...'}) }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
