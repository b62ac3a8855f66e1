{#
    Calls a method of Milepost's Python from a macro, and returns its result. An error that Python
    raises stops dbt with the same message and hint.

    question: the name of a method of `DbtCommand` in `milepost/building/dbt_command.py`.
    details: the arguments of the method, by name.
    Example: `{{ ask('batch', {'node_id': model.unique_id}) }}`
#}
{% macro ask(question, details={}) %}
    {{ return(adapter.dispatch('ask', 'milepost')(question, details)) }}
{% endmacro %}

{# On DuckDB: calls the SQL function `milepost_answer`, which the plugin `milepost.dbt_plugin` of the profile adds. #}
{% macro duckdb__ask(question, details) %}
    {% set query %}
        select milepost_answer('{{ question }}', '{{ tojson(details) | replace("'", "''") }}')
    {% endset %}
    {% set reply = fromjson(run_query(query).columns[0].values()[0]) %}
    {% if reply.error %}
        {% do exceptions.raise_compiler_error(reply.error) %}
    {% endif %}
    {{ return(reply.answer) }}
{% endmacro %}

{% macro default__ask(question, details) %}
    {% do exceptions.raise_compiler_error(
        "Milepost is not asked for `" ~ question ~ "` on `" ~ adapter.type() ~ "`"
        ~ "\nhint: the plugin `milepost.dbt_plugin` answers on dbt-duckdb"
    ) %}
{% endmacro %}
