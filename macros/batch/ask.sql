{#
    Calls a method of Milepost's Python from a macro, and returns its result. An error that Python
    raises stops dbt with the same message and hint.

    question: the name of a method of `DbtCommand` in `milepost/building/dbt_command.py`.
    details: the arguments of the method, by name.
    Example: `{{ ask('batch', {'node_id': model.unique_id}) }}`
#}
{% macro ask(question, details={}) %}
    {% if adapter.milepost_answer is not defined %}
        {# The module `dbt_milepost` gives it to each adapter. #}
        {% do exceptions.raise_compiler_error(
            "Milepost's Python does not answer `" ~ question ~ "`: dbt does not have its plugin `dbt_milepost`"
            ~ "\nhint: install `milepost` in the environment that runs dbt"
        ) %}
    {% endif %}
    {% set reply = adapter.milepost_answer(question, details) %}
    {% if reply.error %}
        {% do exceptions.raise_compiler_error(reply.error) %}
    {% endif %}
    {{ return(reply.answer) }}
{% endmacro %}
