{#
    The stored features that the lookups of this model, or of the model of this data test, read:
    `{'<id of the view>': ['<feature>', ...]}`. They are the features that the lookups request, and
    those that the derived ones among these are computed from.
#}
{% macro features_looked_up() %}
    {% set training_set = graph.nodes[model.attached_node] if model.resource_type == 'test' else model %}
    {% set features_of = {} %}
    {% set views = {} %}
    {% for lookup in training_set.config.meta.get('lookups', []) %}
        {% for reference in lookup.features %}
            {% set name = reference.split(':')[0] %}
            {% set feature = reference.split(':')[-1] %}
            {% set view_name = lookup.aliases.get(name, {}).get('view', name) %}
            {% if view_name not in views %}{% do views.update({view_name: milepost.feature_view(view_name)}) %}{% endif %}
            {% set view = views[view_name] %}
            {% set derived = view.config.meta.get('derived', []) | selectattr('name', 'equalto', feature) | list %}
            {% if ':' not in reference %}
                {% do features_of.setdefault(view.unique_id, []).extend(milepost.stored_features(view)) %}
            {% elif derived %}
                {% for input in derived[0].get('inputs', []) if input != 'event_timestamp' %}
                    {% set source = milepost.feature_view(input.split(':')[0]) if ':' in input else view %}
                    {% do features_of.setdefault(source.unique_id, []).append(input.split(':')[-1]) %}
                {% endfor %}
                {% do features_of.setdefault(view.unique_id, []) %}
            {% else %}
                {% do features_of.setdefault(view.unique_id, []).append(feature) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(features_of) }}
{% endmacro %}
