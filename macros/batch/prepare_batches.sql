{#
    Makes ready what the models of this run go on from. Runs on-run-start.

    - A feature view that is not in the scratch database is read from the current release, where the
      same code published it.
    - What a model of this run reads and this run does not build must be built by the code as it is
      and reach far enough. Otherwise the run stops here, and nothing is lost.
    - A model that was built from other code, or with other options (`--sample`, `--vars` ...), is
      dropped from the scratch database, to be built anew; why is said.
#}
{% macro prepare_batches() %}
    {% if execute and flags.WHICH in ['run', 'build', 'seed'] and selected_resources %}
        {% set existing = [] %}
        {% for node_id in selected_resources if graph.nodes.get(node_id, {}).get('resource_type') == 'model' %}
            {% if milepost.built_relation(graph.nodes[node_id]) is not none %}{% do existing.append(node_id) %}{% endif %}
        {% endfor %}
        {% set plan = milepost.ask('plan', {
            'selected': selected_resources | list,
            'existing': existing,
            'records': milepost.run_on_records(milepost.ask('records_query'))[0]['records'],
            'reference_days': var('reference_days'),
        }) %}
        {% for view in plan.restored %}
            {{ milepost.restore_view(view) }}
        {% endfor %}
        {% for statement in plan.statements %}
            {% do milepost.run_on_records(statement) %}
        {% endfor %}
        {% for node_id in plan.dropped %}
            {% do adapter.drop_relation(milepost.built_relation(graph.nodes[node_id])) %}
        {% endfor %}
        {% for message in plan.messages %}
            {% do log(message, info=true) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
