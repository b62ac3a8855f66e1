{#
    Deletes from an incremental model the rows of the instants that this run is about to build, so
    building a range again replaces its rows. With `--empty` nothing is deleted, as nothing is built. A
    pre-hook. In DuckDB it runs in the transaction of the model, so a build that fails deletes nothing.
    Other engines delete at once: the model is recorded as built up to the batch only, and after a build
    that fails the next goes on from there.

    column: the instant of a row that decides whether it is in the batch.
#}
{% macro open_batch(column='available_at') %}
    {% set batch = milepost.batch() %}
    {% if execute and is_incremental() and batch.start and not flags.EMPTY %}
        {% do milepost.ask('reopen_batch', {'node_id': model.unique_id, 'start': batch.start}) %}
        delete from {{ this }}
        where
            {{ column }} >= {{ milepost.available_at("cast('" ~ batch.start ~ "' as timestamp)") }}
            and {{ column }} < {{ milepost.available_at("cast('" ~ batch.end ~ "' as timestamp)") }}
    {% endif %}
{% endmacro %}
