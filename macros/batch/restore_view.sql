{#
    Reads a feature view that the scratch database lacks from the current release. The fingerprint
    tells whether it is whole.

    view: what `ask('plan')` answers of it.
#}
{% macro restore_view(view) %}
    {% set node = graph.nodes[view.node_id] %}
    {% set relation = api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias, type='table'
    ) %}
    {% do adapter.create_schema(relation) %}
    {% set rows %}
        create or replace table {{ relation }} {{ milepost.place_of_table(node) }} as
        select {{ view.columns | join(', ') }}
        from {{ milepost.read_files(view.files, view.columns) }}
    {% endset %}
    {% do run_query(rows) %}
    {% if milepost.fingerprint(node, relation) != view.fingerprint %}
        {% do adapter.drop_relation(relation) %}
        {% do exceptions.raise_compiler_error(
            "`" ~ view.name ~ "` of release " ~ view.release ~ " is damaged: its rows are not those published"
            ~ "\nhint: `dbt build --full-refresh` builds it from the raw log"
        ) %}
    {% endif %}
    {% do adapter.cache_added(relation) %}
    {% do milepost.run_on_records(view.record) %}
    {% do log("Read " ~ view.name ~ " from release " ~ view.release ~ ", built to " ~ view.built_to, info=true) %}
{% endmacro %}
