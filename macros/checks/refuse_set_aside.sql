{#
    Stops a model that sets aside more than the share `set_aside_share_max` of a raw table's rows, or
    of those of its last landing dates, so that nothing is built from it: a post-hook that
    `staged_facts` gives its model. It comes after the model's transaction, so that table and counts
    can be looked at.
#}
{% macro refuse_set_aside() %}
    {% set share_max = var('set_aside_share_max') %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set query %}
            select table_name, reason, set_aside_share, coalesce(recent_set_aside_share, 0) as recent_share
            from milepost_checks.set_aside
            where
                model_id = '{{ model.unique_id }}'
                and greatest(set_aside_share, recent_set_aside_share) > {{ share_max }}
            order by reason
        {% endset %}
        {% set counts = run_query(query) %}
        {% for count in counts.rows %}
            {% do exceptions.raise_compiler_error(
                "too many rows of raw table `" ~ count['table_name'] ~ "` are set aside: a share of "
                ~ count['set_aside_share'] | round(4) ~ ", and " ~ count['recent_share'] | round(4)
                ~ " in the last 7 landing dates; `set_aside_share_max` is " ~ share_max
                ~ "\nhint: their reasons are " ~ counts.columns['reason'].values() | join(', ')
                ~ ", explained in docs/reference/raw-log.md; `milepost_checks.set_aside` has the counts"
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
