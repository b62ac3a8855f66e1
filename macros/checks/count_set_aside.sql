{#
    Counts the rows that a model sets aside into `milepost_checks.set_aside`: a post-hook that
    `declare_staging` gives its model, in the model's transaction. Whether what is referred to was set
    aside is looked up only where a row refers to nothing that is there.

    Takes what `counting_rows` takes, by name.
#}
{% macro count_set_aside() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set recorded_at = run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') %}
        {% set base = kwargs.base %}
        {% set read = milepost.ask('set_aside', {
            'node_id': model.unique_id, 'base': base, 'reference_days': var('reference_days')
        }) %}
        {% set share_max = read.share_max if read.share_max is not none else var('set_aside_share_max') %}
        {% if share_max is not number or share_max is boolean or not 0 <= share_max <= 1 %}
            {% do exceptions.raise_compiler_error(
                "the variable `set_aside_share_max` is `" ~ share_max ~ "`, which is no share"
                ~ "\nhint: give a number from 0 to 1, such as 0.01 for one of a hundred rows"
            ) %}
        {% endif %}
        {# What an earlier run counted goes, whatever its base was: a model may have several. #}
        {% set forget %}
            delete from milepost_checks.set_aside
            where model_id = '{{ model.unique_id }}' and (base = '{{ base }}' or recorded_at <> '{{ recorded_at }}')
        {% endset %}
        {% set of_base = "model_id = '" ~ model.unique_id ~ "' and base = '" ~ base ~ "'" %}
        {% set names = adapter.get_columns_in_relation(ref(base)) | map(attribute='name') | list %}
        {% set targets = {} %}
        {% for target_rows in [{}, targets] %}
            {% if loop.first or targets %}
                {% do milepost.run_on_records(forget) %}
                {% set counts %}
                    select
                        cast('{{ recorded_at }}' as timestamp) as recorded_at,
                        '{{ model.unique_id }}' as model_id,
                        '{{ base }}' as base,
                        '{{ read.tables | join(', ') }}' as table_name,
                        cast({{ share_max }} as double) as share_max,
                        {{ read.row_count_min }} as row_count_min,
                        counts.*
                    from (
                        {{ milepost.set_aside(
                            kwargs,
                            closed_before="cast('" ~ read.closed_before ~ "' as timestamp)",
                            judged_from="cast('" ~ read.judged_from ~ "' as timestamp)" if read.judged_from else none,
                            target_rows=target_rows,
                            faulty_column='counting.unreadable' if 'unreadable' in names else 'cast(null as string)',
                        ) }}
                    ) as counts
                {% endset %}
                {% do milepost.keep_set_aside(counts) %}
            {% endif %}
            {% if loop.first %}
                {% set missing = milepost.run_on_records(
                    "select distinct column_name from milepost_checks.set_aside where reason = 'reference_missing' and "
                    ~ of_base
                ) %}
                {% do targets.update(
                    milepost.base_rows_of_targets(kwargs, missing | map(attribute='column_name') | list)
                ) %}
            {% endif %}
        {% endfor %}
        select 1
    {% endif %}
{% endmacro %}
