{#
    A text that changes with any value, row, column or type of a table and not with the order of its rows. It
    is DuckDB's hash on any engine: of another engine's table DuckDB reads the files.

    node: the model.
    relation: its table.
#}
{% macro fingerprint(node, relation) %}
    {{ return(adapter.dispatch('fingerprint', 'milepost')(node, relation)) }}
{% endmacro %}

{% macro duckdb__fingerprint(node, relation) %}
    {% set query = milepost.ask('fingerprint_query', {'relation': relation | string}) %}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}

{% macro default__fingerprint(node, relation) %}
    {{ return(milepost.ask('fingerprint', {'node_id': node.unique_id})) }}
{% endmacro %}
