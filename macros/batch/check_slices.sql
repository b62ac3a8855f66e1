{#
    Stops where a model of this run reads one that this run does not build, and that one holds too
    few landing dates. Then keeps what this run is to build, until `record_results` says it is built.
#}
{% macro check_slices(nodes) %}
    {% do run_query(
        "create table if not exists milepost_checks.slices "
        ~ "(node_id varchar primary key, first_date varchar, closed_before varchar, is_built boolean)"
    ) %}
    {% set slices = {} %}
    {% for row in run_query("select node_id, first_date, closed_before from milepost_checks.slices where is_built") %}
        {% do slices.update({row['node_id']: {'first': row['first_date'], 'closed': row['closed_before']}}) %}
    {% endfor %}
    {% for node in nodes %}
        {% set start = milepost.slice_start(node) %}
        {% for id in milepost.lineage(node.unique_id) if graph.nodes.get(id, {}).get('resource_type') == 'model' and id not in selected_resources and graph.nodes[id].config.materialized != 'ephemeral' %}
            {% set slice = slices.get(id) %}
            {% set reaches = slice and (not slice.first or (start and slice.first <= start)) %}
            {% if not reaches or slice.closed != milepost.raw_closed(id) %}
                {% do exceptions.raise_compiler_error(
                    "`" ~ node.name ~ "` reads `" ~ graph.nodes[id].name ~ "`, which "
                    ~ ("holds landing dates from " ~ (slice.first or 'the first') ~ " until " ~ slice.closed if slice else "is not built")
                    ~ ", and needs " ~ ("those from " ~ start if start else "all") ~ " until " ~ milepost.raw_closed(id)
                    ~ "\nhint: build both: `--select +" ~ node.name ~ "`"
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
