{#
    Stops a model that sets aside more than the share `set_aside_share_max` of a raw table's rows, or
    of those of its last landing dates, so that nothing is built from it: a post-hook that
    `declare_staging` gives its model. Of fewer rows than the table's `set_aside_row_count_min` a share
    says nothing. It comes after the model's transaction, so that table and counts can be looked at.
#}
{% macro refuse_set_aside() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set query %}
            select
                causes.*,
                totals.all_set_aside_count as total,
                totals.recent_set_aside_count as recent_total,
                round(totals.all_set_aside_count / totals.all_row_count, 4) as share,
                round(coalesce(totals.recent_set_aside_count / nullif(totals.recent_row_count, 0), 0), 4) as recent_share
            from milepost_checks.set_aside as totals
            inner join milepost_checks.set_aside as causes using (model_id, base)
            where
                model_id = '{{ model.unique_id }}'
                and totals.reason is null
                and causes.reason is not null
                and (
                    (
                        totals.all_row_count >= totals.row_count_min
                        and totals.all_set_aside_count > totals.share_max * totals.all_row_count
                    )
                    or (
                        totals.recent_row_count >= totals.row_count_min
                        and totals.recent_set_aside_count > totals.share_max * totals.recent_row_count
                    )
                )
            order by base, causes.all_set_aside_count desc, causes.reason, causes.column_name
        {% endset %}
        {% set causes = milepost.run_on_records(query) %}
        {% if causes %}
            {% set first, lines = causes[0], [] %}
            {% for cause in causes if cause['base'] == first['base'] %}
                {% do lines.append(
                    "\n  " ~ cause['reason'] ~ (" of `" ~ cause['column_name'] ~ "`" if cause['column_name'] else "")
                    ~ ": " ~ cause['all_set_aside_count'] | int ~ (" row" if cause['all_set_aside_count'] == 1 else " rows")
                    ~ (", such as " ~ cause['ids'] if cause['ids'] else "")
                ) %}
            {% endfor %}
            {% do exceptions.raise_compiler_error(
                "too many rows of raw table `" ~ first['table_name'] ~ "` are set aside: "
                ~ first['total'] | int ~ " of " ~ first['all_row_count'] | int ~ ", a share of " ~ first['share']
                ~ ", and " ~ first['recent_total'] | int ~ " of " ~ first['recent_row_count'] | int
                ~ " in the last 7 landing dates, a share of " ~ first['recent_share']
                ~ "; `set_aside_share_max` is " ~ first['share_max'] ~ lines | join
                ~ "\nhint: docs/reference/raw-log.md explains the reasons; `milepost_checks.set_aside` has the counts,"
                ~ " and `" ~ first['base'] ~ "` the rows, each with its `fault`"
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
