{#
    A model's query, reading tables in place of the steps of its windows that are read often. Sail and Spark would
    compute such a step for each time that it is read. The tables are made here, and their files removed when the
    command ends, or when the next begins.
#}
{% macro with_stored_steps(sql) %}
    {# Sail does not replace a table by one of other columns, so that each command has names of its own. #}
    {% set name = this.schema ~ '.milepost__step_' ~ local_md5(invocation_id ~ model.unique_id) %}
    {% set stored = milepost.ask('stored_steps', {'name': name, 'sql': sql}) %}
    {% for step in stored.steps %}
        {% do run_query("create table " ~ step.table ~ " using delta location '" ~ step.uri ~ "' as " ~ step.sql) %}
    {% endfor %}
    {{ return(stored.sql) }}
{% endmacro %}
