{#
    Stops where a model of this run reads a table that this run does not build, and other code built
    that table, its last build did not end well, or it holds too few landing dates. Then keeps what this run is to build, until
    `record_results` says it is built.
#}
{% macro check_slices(nodes) %}
    {% set slices, faults = {}, {} %}
    {% for row in run_query("select node_id, first_date, closed_before from milepost_checks.slices where is_built") %}
        {% do slices.update({row['node_id']: {'first': row['first_date'], 'closed': row['closed_before']}}) %}
    {% endfor %}
    {% for row in run_query(
        "select node_id, status from milepost_checks.builds inner join milepost_checks.codes using (node_id) "
        ~ "where builds.code <> codes.code or status <> 'success'"
    ) %}
        {% do faults.update({row['node_id']: 'which other code built' if row['status'] == 'success'
            else 'whose last build ended as `' ~ row['status'] ~ '`'}) %}
    {% endfor %}
    {# With `--empty` a model reads nothing of what it is made from. #}
    {% for node in nodes if not flags.EMPTY %}
        {% set start = milepost.slice_start(node) %}
        {% for id in milepost.lineage(node.unique_id) if id in graph.nodes and id not in selected_resources and graph.nodes[id].config.materialized != 'ephemeral' %}
            {% set hint = "\nhint: build both: `dbt build --select +" ~ node.name ~ "`" %}
            {% if id in faults %}
                {% do exceptions.raise_compiler_error(
                    "`" ~ node.name ~ "` reads `" ~ graph.nodes[id].name ~ "`, " ~ faults[id] ~ hint
                ) %}
            {% endif %}
            {% set slice = slices.get(id) %}
            {% set reaches = slice and (not slice.first or (start and slice.first <= start)) %}
            {% if graph.nodes[id].resource_type == 'model' and (not reaches or slice.closed != milepost.raw_closed(id)) %}
                {% do exceptions.raise_compiler_error(
                    "`" ~ node.name ~ "` reads `" ~ graph.nodes[id].name ~ "`, which "
                    ~ ("holds landing dates from " ~ (slice.first or 'the first') ~ " until " ~ slice.closed if slice else "is not built")
                    ~ ", and needs " ~ ("those from " ~ start if start else "all") ~ " until " ~ milepost.raw_closed(id) ~ hint
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% set starts = milepost.slice_starts() %}
    {% set rows = [] %}
    {% for id in selected_resources if graph.nodes.get(id, {}).get('resource_type') == 'model' %}
        {% set sources = milepost.lineage(id) | select('in', graph.sources) | list %}
        {% if sources %}
            {% do rows.append("('" ~ id ~ "', '" ~ (starts.get(id) or '') ~ "', '" ~ milepost.raw_closed(id) ~ "', false)") %}
        {% endif %}
    {% endfor %}
    {% if rows %}
        {% do run_query("insert or replace into milepost_checks.slices values " ~ rows | join(', ')) %}
    {% endif %}
{% endmacro %}
