{#
    Asks the raw log through a function of Milepost's dbt-duckdb plugin, and returns its answer as a
    mapping; an error in it becomes dbt's own.
#}
{% macro raw_log_answer(function, question) %}
    {{ return(adapter.dispatch('raw_log_answer', 'milepost')(function, question)) }}
{% endmacro %}

{% macro duckdb__raw_log_answer(function, question) %}
    {% set reply = run_query("select " ~ function ~ "('" ~ question | replace("'", "''") ~ "')") %}
    {% set answer = fromjson(reply.columns[0].values()[0]) %}
    {% if answer.error %}
        {% do exceptions.raise_compiler_error(answer.error) %}
    {% endif %}
    {{ return(answer) }}
{% endmacro %}
