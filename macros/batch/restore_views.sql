{# Reads feature views that the scratch database lacks from the current release, published by the same code. #}
{% macro restore_views(nodes) %}
    {% set lacking = [] %}
    {% for node in nodes if milepost.is_feature_view(node) and milepost.built_relation(node) is none %}
        {% do lacking.append(node) %}
    {% endfor %}
    {% set released = milepost.raw_log_answer('milepost_released', '') if lacking else {} %}
    {% set codes = {} %}
    {% for row in (run_query("select node_id, code from milepost_checks.codes") if released else []) %}
        {% do codes.update({row['node_id']: row['code']}) %}
    {% endfor %}
    {% for node in lacking if released.get(milepost.published_name(node), {}).get('code') == codes.get(node.unique_id, '') %}
        {% set view = released[milepost.published_name(node)] %}
        {% set relation = api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias, type='table'
        ) %}
        {% do adapter.create_schema(relation) %}
        {% do run_query(
            "create table " ~ relation ~ " as select " ~ view.columns | join(', ')
            ~ " from read_parquet(['" ~ view.files | join("', '") ~ "'], hive_partitioning = false)"
        ) %}
        {% if milepost.fingerprint(relation) != view.fingerprint %}
            {% do adapter.drop_relation(relation) %}
            {% do exceptions.raise_compiler_error(
                "`" ~ milepost.published_name(node) ~ "` of release " ~ view.release ~ " is damaged: its rows are not those published"
                ~ "\nhint: `dbt build --full-refresh` builds it from the raw log"
            ) %}
        {% endif %}
        {% do adapter.cache_added(relation) %}
        {% do run_query(
            "insert or replace into milepost_checks.batches select node_id, '" ~ view.built_to
            ~ "', code, parts, '{}' from milepost_checks.codes where node_id = '" ~ node.unique_id ~ "'"
        ) %}
        {% do log("Read " ~ milepost.published_name(node) ~ " from release " ~ view.release ~ ", built to " ~ view.built_to, info=true) %}
    {% endfor %}
{% endmacro %}
