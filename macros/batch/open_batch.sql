{#
    Takes the batch's own instants out of an incremental model, which then appends them: building a
    range again replaces it. With `--empty` there is nothing to append. A pre-hook, in the transaction of
    the model.
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
