{#
    The key columns of a feature view, in their order: those of each entity that `meta.entities`
    names.

    view: the model of a feature view.
#}
{% macro keys_of(view) %}
    {% set entities = view.config.meta.get('entities', {}) %}
    {% if entities is not mapping %}
        {{ exceptions.raise_compiler_error(
            "feature view `" ~ view.name ~ "` has no valid `meta.entities`: `" ~ entities
            ~ "`\nhint: name each entity with its key columns: `entities: {market: [market_id]}`"
        ) }}
    {% endif %}
    {% set keys = [] %}
    {% for entity in entities.values() %}
        {% do keys.extend(entity['keys'] if entity is mapping else entity) %}
    {% endfor %}
    {{ return(keys) }}
{% endmacro %}
