{# A text that changes with any value, row, column or type of a table and not with the order of its rows. #}
{% macro fingerprint(relation) %}
    {% set query = milepost.ask('fingerprint_query', {'relation': relation | string}) %}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}
