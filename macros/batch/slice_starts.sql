{#
    From which landing date on this run reads what each node is made from: a date as text by node id,
    none for all dates. A node that is not named is read from the first date on.

    A slice of the raw log is enough where all that this run builds from it is incremental and says how
    far it looks back (`look_back_days`).
#}
{% macro slice_starts() %}
    {% set starts = {} %}
    {% set ways = [] %}
    {% set incremental = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and milepost.look_back_days(node) is not none %}
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
    {% set earliest = starts.values() | min if starts and none not in starts.values() else none %}
    {% for id in selected_resources if id not in starts %}
        {% set macros = graph.nodes.get(id, {}).get('depends_on', {}).get('macros', []) %}
        {% if id in ways or 'macro.milepost.staged_facts' in macros %}
            {% set lineage = milepost.lineage(id) %}
            {% do ways.extend(lineage) %}
            {% for parent in lineage %}{% do starts.update({parent: earliest}) %}{% endfor %}
        {% endif %}
    {% endfor %}
    {% for id in selected_resources if graph.nodes.get(id, {}).get('resource_type') == 'model' and id not in ways %}
        {% for parent in milepost.lineage(id, complete=incremental) %}{% do starts.update({parent: none}) %}{% endfor %}
    {% endfor %}
    {{ return(starts) }}
{% endmacro %}
