{#
    A text that changes with the code of a model or of what it is made from, with its meta but for
    derived features, which are in no table, and with the raw logs. What was built under another one is built anew, not continued. Macros and variables
    are not in it: after a change of them, `dbt run --full-refresh`.
#}
{% macro code_hash(node) %}
    {% set meta = {} %}
    {% for key, value in node.config.meta.items() if key != 'derived' %}
        {% do meta.update({key: value}) %}
    {% endfor %}
    {% set parts = [tojson(meta, sort_keys=true)] %}
    {% for id in milepost.lineage(node.unique_id) %}
        {% if id in graph.sources %}
            {% do parts.append(id ~ ' ' ~ graph.sources[id].config.meta.get('raw_uri')) %}
        {% elif id in graph.nodes %}
            {% do parts.append(id ~ ' ' ~ graph.nodes[id].checksum.checksum) %}
        {% endif %}
    {% endfor %}
    {{ return(local_md5(parts | join('\n'))) }}
{% endmacro %}
