{# Sail has no `alter table ... set not null`. Each view's keys have the test `values_fit_their_names`. #}
{% macro sail__persist_constraints(relation, model) %}
{% endmacro %}
