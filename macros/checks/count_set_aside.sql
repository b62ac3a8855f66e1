{#
    Counts the rows that a model sets aside into `milepost_checks.set_aside`: a post-hook that
    `staged_facts` gives its model, in the model's transaction.

    base, id, content, references, snapshots, code_lists: as in `staged_facts`.
#}
{% macro count_set_aside(base, id, content, references, snapshots, code_lists) %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set recorded_at = run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') %}
        {% set read = milepost.ask('set_aside', {
            'node_id': model.unique_id, 'base': base, 'reference_days': var('reference_days')
        }) %}
        {# What an earlier run counted goes, whatever its base was: a model may have several. #}
        {% set forget %}
            delete from milepost_checks.set_aside
            where model_id = '{{ model.unique_id }}' and (base = '{{ base }}' or recorded_at <> '{{ recorded_at }}')
        {% endset %}
        {% do run_query(forget) %}
        insert into milepost_checks.set_aside by name
        select
            cast('{{ recorded_at }}' as timestamp) as recorded_at,
            '{{ model.unique_id }}' as model_id,
            '{{ base }}' as base,
            '{{ read.tables | join(', ') }}' as table_name,
            counts.*
        from (
            {{ milepost.set_aside(
                base,
                staged=this,
                id=id,
                content=content,
                closed_before="cast('" ~ read.closed_before ~ "' as timestamp)",
                judged_from="cast('" ~ read.judged_from ~ "' as timestamp)" if read.judged_from else none,
                references=references,
                snapshots=snapshots,
                code_lists=code_lists,
            ) }}
        ) as counts
    {% endif %}
{% endmacro %}
