{#
    Stops a model that sets aside more than the share `set_aside_share_max` of a raw table's rows, or
    of those of its last landing dates, so that nothing is built from it: a post-hook that
    `staged_facts` gives its model. It comes after the model's transaction, so that table and counts
    can be looked at.
#}
{% macro refuse_set_aside() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set share_max = var('set_aside_share_max') %}
        {% set counts = run_query(
            "select table_name, reason, set_aside_count, set_aside_share, recent_set_aside_share"
            ~ " from milepost_checks.set_aside where model_id = '" ~ model.unique_id ~ "'"
            ~ " and greatest(set_aside_share, recent_set_aside_share) > " ~ share_max
            ~ " order by table_name, reason"
        ).rows %}
        {% set reasons = [] %}
        {% for count in counts %}
            {% do reasons.append(count['reason'] ~ ' (' ~ count['set_aside_count'] ~ ')') %}
        {% endfor %}
        {% if reasons %}
            {% do exceptions.raise_compiler_error(
                "of raw table `" ~ counts[0]['table_name'] ~ "` more than `set_aside_share_max` is set aside: "
                ~ counts[0]['set_aside_share'] | round(4) ~ " of all rows, "
                ~ (counts[0]['recent_set_aside_share'] or 0) | round(4) ~ " of the last 7 landing dates', "
                ~ "and " ~ share_max ~ " is allowed"
                ~ "\nhint: the reasons, and how often in 28 landing dates: " ~ reasons | join(', ')
                ~ "; what each means is in docs/reference/raw-log.md"
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
