{#
    Deletes from an incremental model the rows of the instants that this run is about to build, so
    building a range again replaces its rows. With `--empty` nothing is deleted, as nothing is built. A
    pre-hook: it runs in the transaction of the model, so a build that fails deletes nothing.

    column: the instant of a row that decides whether it is in the batch.
#}
{% macro open_batch(column='available_at') %}
    {% set batch = milepost.batch() %}
    {% if execute and is_incremental() and batch.start and not flags.EMPTY %}
        delete from {{ this }}
        where
            {{ column }} >= {{ milepost.available_at("cast('" ~ batch.start ~ "' as timestamp)") }}
            and {{ column }} < {{ milepost.available_at("cast('" ~ batch.end ~ "' as timestamp)") }}
    {% endif %}
{% endmacro %}
