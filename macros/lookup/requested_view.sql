{#
    A feature view that a lookup requests: its `relation`; its name, `view`; `key_columns`, which map
    its keys to the columns of the entity rows that they equal; `features`, all that it stores; and
    `derived`, all that it derives, by name. `columns` and `inputs` are empty: `requested_features`
    fills them.

    name: what the lookup calls it.
    alias: what the lookup's `aliases` say of the name, or nothing.
#}
{% macro requested_view(name, alias) %}
    {% for option in alias if option not in ['view', 'keys'] %}
        {{ milepost.refuse_lookup("alias `" ~ name ~ "` has the option `" ~ option ~ "`", "there is `view` and `keys`") }}
    {% endfor %}
    {% set node = milepost.feature_view(alias.get('view', name)) %}
    {% set view_name = alias.get('view', name) | replace('@v', '_v') %}
    {% set keys = {} %}
    {% for key in milepost.keys_of(node) %}
        {% do keys.update({key: alias.get('keys', {}).get(key, key)}) %}
    {% endfor %}
    {% for key in alias.get('keys', {}) if key not in keys %}
        {{ milepost.refuse_lookup(
            "feature view `" ~ view_name ~ "` has no key `" ~ key ~ "`",
            "its keys are `" ~ keys | join("`, `") ~ "`"
        ) }}
    {% endfor %}
    {% set derived = {} %}
    {% for feature in node.config.meta.get('derived', []) %}
        {% do derived.update({feature.name: feature}) %}
    {% endfor %}
    {{ return({
        'relation': milepost.ref_view(alias.get('view', name)),
        'view': view_name,
        'key_columns': keys,
        'features': milepost.stored_features(node),
        'derived': derived,
        'columns': {},
        'inputs': [],
    }) }}
{% endmacro %}
