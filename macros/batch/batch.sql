{#
    The grid instants that this run builds of a model, from `start` up to, without, `end`, as text;
    none where there is no bound. In a unit test there is none.

    - An incremental model goes on from where its last batch ended. A model without rows, of another
      materialization or under `--full-refresh` starts with the raw log.
    - It ends where the closed landing dates do.
    - `--event-time-start` and `--event-time-end` build these instants, again or anew. They may not
      leave a gap behind what is built, nor go beyond the closed dates.

    node: the model in the graph; its `meta.grid` says what follows the last closed midnight: with
    `day` or `hour` that midnight is the last instant, without a grid it is the end.
#}
{% macro batch(node=none) %}
    {% set node = node or model %}
    {% if not execute or node.resource_type == 'unit_test' %}
        {{ return({'start': none, 'end': none}) }}
    {% endif %}
    {% set closed = modules.datetime.datetime.fromisoformat(milepost.raw_closed(node.unique_id)) %}
    {% set steps = {'day': modules.datetime.timedelta(days=1), 'hour': modules.datetime.timedelta(hours=1)} %}
    {% set step = steps.get(node.config.meta.get('grid'), modules.datetime.timedelta(0)) %}
    {% set built_to = milepost.built_batch(node) %}
    {% set asked = milepost.asked_batch() %}
    {% if not asked %}
        {{ return({'start': built_to, 'end': (closed + step) | string}) }}
    {% endif %}
    {% if built_to is none or asked.start > built_to %}
        {% do exceptions.raise_compiler_error(
            "`" ~ node.name ~ "` is built " ~ ("up to, without, " ~ built_to if built_to else "nowhere")
            ~ ", and `--event-time-start` is " ~ asked.start
            ~ "\nhint: leave the dates out, to build all that comes before"
        ) %}
    {% elif asked.end > (closed + step) | string %}
        {% do exceptions.raise_compiler_error(
            "landing dates are closed up to " ~ closed ~ ", and `--event-time-end` is " ~ asked.end
            ~ "\nhint: end it at " ~ (closed + step) ~ " or before, or leave the dates out"
        ) %}
    {% endif %}
    {{ return(asked) }}
{% endmacro %}
