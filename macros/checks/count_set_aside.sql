{#
    Counts the rows that a model sets aside into `milepost_checks.set_aside`: a post-hook that
    `staged_facts` gives its model, in the model's transaction.

    base, id, content, references, snapshots, code_lists: as in `staged_facts`.
#}
{% macro count_set_aside(base, id, content, references, snapshots, code_lists) %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set recorded_at = run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') %}
        {% set judged_from = milepost.judged_from(model.unique_id) %}
        {% set base_ids, tables = [], [] %}
        {% for parent_id in model.depends_on.nodes if graph.nodes.get(parent_id, {}).get('name') == base %}
            {% do base_ids.append(parent_id) %}
            {% for source_id in milepost.lineage(parent_id) if source_id in graph.sources %}
                {% do tables.append(graph.sources[source_id].name) %}
            {% endfor %}
        {% endfor %}
        {# What an earlier run counted goes, whatever its base was: a model may have several. #}
        {% do run_query(
            "delete from milepost_checks.set_aside where model_id = '" ~ model.unique_id
            ~ "' and (base = '" ~ base ~ "' or recorded_at <> '" ~ recorded_at ~ "')"
        ) %}
        insert into milepost_checks.set_aside
        select
            cast('{{ recorded_at }}' as timestamp) as recorded_at,
            '{{ model.unique_id }}' as model_id,
            '{{ base }}' as base,
            '{{ tables | join(', ') }}' as table_name,
            counts.*
        from (
            {{ milepost.set_aside(
                base,
                staged=this,
                id=id,
                content=content,
                closed_before="cast('" ~ milepost.raw_closed(base_ids[0]) ~ "' as date)",
                judged_from="cast('" ~ judged_from ~ "' as date)" if judged_from else none,
                references=references,
                snapshots=snapshots,
                code_lists=code_lists,
            ) }}
        ) as counts
    {% endif %}
{% endmacro %}
