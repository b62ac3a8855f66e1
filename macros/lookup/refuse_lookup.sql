{#
    Raises the compiler error of a lookup whose arguments do not fit.

    problem: what is wrong, with the names in backticks.
    hint: what there is, or what to write.
#}
{% macro refuse_lookup(problem, hint) %}
    {% do exceptions.raise_compiler_error("point_in_time_join: " ~ problem ~ "\nhint: " ~ hint) %}
{% endmacro %}
