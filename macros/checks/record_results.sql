{#
    Keeps, in the schema `milepost_checks` of the scratch database, what the publisher's gate asks
    for: how each model and seed was last built, and from what; how each test last ended, and on which
    content of each feature view. Then says what the build set aside.

    Runs on-run-end. `results` is dbt's.
#}
{% macro record_results(results) %}
    {% if execute and flags.WHICH in ['run', 'build', 'seed', 'test'] %}
        {% do adapter.dispatch('record_results', 'milepost')(results) %}
    {% endif %}
{% endmacro %}

{% macro duckdb__record_results(results) %}
    {% set builds = [] %}
    {% set tests = [] %}
    {% set tested_tables = [] %}
    {% set fingerprints = {} %}
    {% set narrowed_by = milepost.narrowed_by() %}
    {% set built = [] %}
    {% set raw_logs = milepost.raw_logs() if flags.WHICH in ['run', 'build'] else {} %}
    {% for result in results %}
        {% set node = result.node %}
        {% if node.resource_type in ['model', 'seed'] %}
            {% if milepost.is_feature_view(node) and milepost.built_relation(node) is not none %}
                {% do fingerprints.update({node.unique_id: milepost.fingerprint(milepost.built_relation(node))}) %}
            {% endif %}
            {% do builds.append([
                node.unique_id,
                result.status,
                narrowed_by,
                tojson(raw_logs),
                node.relation_name,
                target.name,
                fingerprints.get(node.unique_id, ''),
            ]) %}
            {% if result.status == 'success' and not narrowed_by %}{% do built.append(node.unique_id) %}{% endif %}
        {% elif node.resource_type in ['test', 'unit_test'] %}
            {% do tests.append([node.unique_id, result.status, narrowed_by]) %}
            {% for parent_id in node.depends_on.nodes %}
                {% set parent = graph.nodes.get(parent_id) %}
                {% if milepost.is_feature_view(parent) and milepost.built_relation(parent) is not none %}
                    {% if parent_id not in fingerprints %}
                        {% do fingerprints.update(
                            {parent_id: milepost.fingerprint(milepost.built_relation(parent))}
                        ) %}
                    {% endif %}
                    {% do tested_tables.append([node.unique_id, parent_id, fingerprints[parent_id]]) %}
                {% endif %}
            {% endfor %}
        {% endif %}
    {% endfor %}

    {% do milepost.keep_records('builds', builds) %}
    {% do milepost.keep_records('tests', tests) %}
    {% do milepost.keep_records('tested_tables', tested_tables, with_code=false) %}
    {% if flags.WHICH in ['run', 'build'] %}
        {% if built %}
            {% do run_query(
                "update milepost_checks.slices set is_built = true where node_id in ('" ~ built | join("', '") ~ "')"
            ) %}
        {% endif %}
        {% do milepost.report_set_aside() %}
    {% endif %}
{% endmacro %}
