{#
    A feature view for a lookup: its relation, its keys with the columns of the entity rows that
    they equal, all of its features, its derived ones, and room for those that are asked for.

    name: what the lookup calls it.
    alias: what the lookup's `aliases` say of the name, or nothing.
#}
{% macro asked_view(name, alias) %}
    {% for option in alias if option not in ['view', 'keys'] %}
        {{ milepost.refuse_lookup("alias `" ~ name ~ "` has the option `" ~ option ~ "`", "there is `view` and `keys`") }}
    {% endfor %}
    {% set view_name = alias.get('view', name) | replace('@v', '_v') %}
    {% set views = {} %}
    {% for node in graph.nodes.values() if milepost.is_feature_view(node) %}
        {% do views.update({milepost.published_name(node): node}) %}
        {% if node.version == node.latest_version %}{% do views.update({node.name: node}) %}{% endif %}
    {% endfor %}
    {% if view_name not in views %}
        {{ milepost.refuse_lookup("`" ~ view_name ~ "` is no feature view", "there is `" ~ views | sort | join("`, `") ~ "`") }}
    {% endif %}
    {% set keys = {} %}
    {% set features = [] %}
    {% for key in views[view_name].config.meta.get('keys', []) %}
        {% do keys.update({key: alias.get('keys', {}).get(key, key)}) %}
    {% endfor %}
    {% for key in alias.get('keys', {}) if key not in keys %}
        {{ milepost.refuse_lookup(
            "feature view `" ~ view_name ~ "` has no key `" ~ key ~ "`",
            "its keys are `" ~ keys | join("`, `") ~ "`"
        ) }}
    {% endfor %}
    {% for column in views[view_name].columns if column not in keys and column != 'available_at' %}
        {% do features.append(column) %}
    {% endfor %}
    {% set derived = {} %}
    {% for one in views[view_name].config.meta.get('derived', []) %}
        {% do derived.update({one.name: one}) %}
    {% endfor %}
    {{ return({
        'relation': milepost.ref_view(alias.get('view', name)),
        'view': view_name,
        'key_columns': keys,
        'features': features,
        'derived': derived,
        'columns': {},
        'inputs': [],
    }) }}
{% endmacro %}
