{#
    The grid instants that this run builds of the model, from `start` up to, not including, `end`, as
    text; none where there is no bound. In a unit test there is none.

    - An incremental model goes on from where its last batch ended. A model without rows, of another
      materialization or under `--full-refresh` starts with the raw log.
    - It ends where what is closed of its raw tables does. With `meta.grid` of `day` or `hour` the last such
      midnight or full hour is the last instant, without a grid that is the end.
    - `--event-time-start` and `--event-time-end` build these instants, again or anew. They may not
      leave a gap behind what is built, nor go beyond what is closed.
#}
{% macro batch() %}
    {% if execute and model.resource_type != 'unit_test' %}
        {{ return(milepost.ask('batch', {'node_id': model.unique_id})) }}
    {% endif %}
    {{ return({'start': none, 'end': none}) }}
{% endmacro %}
