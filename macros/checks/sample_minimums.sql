{#
    How many facts each count of a column's `meta.sample` has at least where the column has a value:
    `{count: minimum}`. `sample: delivery_count_28d`, or a list of counts, asks for 1 of each; a mapping
    states the minimums. Empty for a column without a sample; one that cannot be read is a compiler error.

    counts: the view's counts.
#}
{% macro sample_minimums(view, column, counts) %}
    {% set sample = column.config.meta.get('sample', {}) %}
    {% set minimums = {} %}
    {% for count in ([sample] if sample is string else sample) %}
        {% set minimum = sample[count] if sample is mapping else 1 %}
        {% set fault = (
            "names `" ~ count ~ "`, which is no count of the view\nhint: there is `" ~ counts | join("`, `") ~ "`"
            if count not in counts
            else "asks for `" ~ minimum ~ "` of `" ~ count ~ "`\nhint: write a whole number, 1 or more"
            if minimum is not integer or minimum < 1
        ) %}
        {% if fault %}
            {% do exceptions.raise_compiler_error(
                "the sample of `" ~ view.name ~ "." ~ column.name ~ "` " ~ fault
            ) %}
        {% endif %}
        {% do minimums.update({count: minimum}) %}
    {% endfor %}
    {{ return(minimums) }}
{% endmacro %}
