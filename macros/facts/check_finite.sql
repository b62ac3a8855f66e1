{#
    Stops a model that reads a number, an instant or a date of its source and does not have `row_fault` check
    that it is finite. A column is in `finite` by its own name, or by the name that the model gives it.

    finite: the columns that are checked.
#}
{% macro check_finite(finite) %}
    {% for id in (model.depends_on.nodes if execute and model.resource_type == 'model' else []) if id in graph.sources %}
        {% for column in graph.sources[id].columns.values() if modules.re.match('double|float|real|timestamp|datetime|date', column.data_type | lower) %}
            {% set word = '(?i)(?<!\\w)' ~ modules.re.escape(column.name) ~ '(?!\\w)' %}
            {% set renamed = word ~ '[^,]*\\bas\\s+(' ~ finite | join('|') ~ ')\\b' %}
            {% if column.name not in finite
                and modules.re.search(word, model.raw_code)
                and not modules.re.search(renamed, model.raw_code) %}
                {% do exceptions.raise_compiler_error(
                    "row_fault: `" ~ column.name ~ "` of " ~ id ~ " may be NaN or infinite, and is not checked"
                    ~ "\nhint: give `finite=['" ~ column.name ~ "']`, or the name that the model gives it with `as`"
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
