{#
    Asks Milepost's Python a question, and returns its answer; an error in it becomes dbt's own.

    question: a method of `DbtCommand` in `milepost/building/dbt_command.py`.
    details: its arguments by name.
    Example: `{{ ask('closed_before', {'source_name': 'freight'}) }}`
#}
{% macro ask(question, details={}) %}
    {{ return(adapter.dispatch('ask', 'milepost')(question, details)) }}
{% endmacro %}

{# By a SQL function that the plugin of the profile gives each connection. #}
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
