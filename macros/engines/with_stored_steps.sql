{#
    A model's query, reading tables in place of the steps of its windows that are read often. Sail and Spark would
    compute such a step for each time that it is read. The tables are made here, and their files removed when the
    command ends, or when the next begins.
#}
{% macro with_stored_steps(sql) %}
    {% set stored = milepost.ask('stored_steps', {'node_id': model.unique_id, 'sql': sql}) %}
    {% for step in stored.steps %}
        {% do run_query("create or replace table " ~ step.table ~ " using delta location '" ~ step.uri ~ "' as " ~ step.sql) %}
    {% endfor %}
    {{ return(stored.sql) }}
{% endmacro %}
