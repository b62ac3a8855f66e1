{# Removes the tables that `with_stored_steps` made: a catalogue that outlives the command would keep their names. #}
{% macro remove_steps() %}
    {% for table in milepost.ask('steps') %}
        {% do run_query('drop table if exists ' ~ table) %}
    {% endfor %}
    {% do milepost.ask('remove_steps') %}
{% endmacro %}
