{#
    Keeps, in the schema `milepost_checks` of the scratch database, what the publisher's gate asks
    for: how each model and seed was last built, and from what; how each test last ended, and on which
    content of each feature view. Then says what the build set aside, and stops where a file was
    replaced while the build read it.

    Runs on-run-end. `results` is dbt's.
#}
{% macro record_results(results) %}
    {% if execute and flags.WHICH in ['run', 'build', 'seed', 'snapshot', 'test'] %}
        {% set statuses, fingerprints = {}, {} %}
        {% for result in results %}
            {% do statuses.update({result.node.unique_id: result.status | string}) %}
        {% endfor %}
        {% for view_id in milepost.ask('views_looked_at', {'node_ids': statuses | list}) %}
            {% set relation = milepost.built_relation(graph.nodes[view_id]) %}
            {% if relation is not none %}
                {% do fingerprints.update({view_id: milepost.fingerprint(graph.nodes[view_id], relation)}) %}
            {% endif %}
        {% endfor %}
        {% set records = milepost.ask('results', {
            'run_started_at': run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f'),
            'statuses': statuses,
            'fingerprints': fingerprints,
        }) %}
        {% for statement in records.statements %}
            {% do milepost.run_on_records(statement) %}
        {% endfor %}
        {% do milepost.remove_steps() %}
        {% do milepost.ask('finish') %}
        {% if flags.WHICH in ['run', 'build'] %}
            {% do milepost.report_set_aside() %}
        {% endif %}
        {% if records.fault %}
            {% do exceptions.raise_compiler_error(records.fault) %}
        {% endif %}
    {% endif %}
{% endmacro %}
