{#
    Makes the table of a model, or the view of a batch that is added to one. Some steps of its windows are stored as
    tables first: see `with_stored_steps`.
#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') %}
    {{ dbt.spark__create_table_as(temporary, relation, milepost.with_stored_steps(compiled_code), language) }}
{% endmacro %}
