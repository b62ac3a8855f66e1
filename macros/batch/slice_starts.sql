{#
    From which landing date on this run reads what each node is made from: a date as text by node id,
    none for all dates. A node that is not named is read from the first date on.

    A slice of the raw log is enough where all that this run builds from it is incremental and states
    its `meta.longest_window_days`.
#}
{% macro slice_starts() %}
    {% set starts = {} %}
    {% set ways = [] %}
    {% set incremental = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('longest_window_days') is not none %}
        {% set lineage = milepost.lineage(node.unique_id) %}
        {% do ways.extend(lineage) %}
        {% do incremental.append(node.unique_id) %}
        {% if node.unique_id in selected_resources %}
            {% set start = milepost.slice_start(node) %}
            {% for id in lineage %}
                {% set known = starts.get(id, start) %}
                {% do starts.update({id: [known, start] | min if known and start else none}) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {% set earliest = none if none in starts.values() else starts.values() | min %}
    {% for id in selected_resources if id not in ways and 'macro.milepost.staged_facts' in graph.nodes.get(id, {}).get('depends_on', {}).get('macros', []) %}
        {% for parent in milepost.lineage(id) %}{% do starts.update({parent: earliest}) %}{% do ways.append(parent) %}{% endfor %}
    {% endfor %}
    {% for id in selected_resources if graph.nodes.get(id, {}).get('resource_type') == 'model' and id not in ways %}
        {% for parent in milepost.lineage(id, complete=incremental) %}{% do starts.update({parent: none}) %}{% endfor %}
    {% endfor %}
    {{ return(starts) }}
{% endmacro %}
