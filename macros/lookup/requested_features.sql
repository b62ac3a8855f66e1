{#
    What a lookup returns, read from the graph: `{'views': {'<name>': {...}}, 'columns': {...}}`.

    Each view has what `requested_view` gives. Its `columns` map each requested feature to the name of
    that feature in the result. Its `inputs` are the features that derived ones need; the query selects
    them as `milepost__<feature>`. The `columns` beside the views are those of the result in the order
    of the request, each with its SQL.

    The arguments are those of `point_in_time_join`. What does not fit is a compiler error.
#}
{% macro requested_features(features, full_feature_names, aliases) %}
    {% if features is string or features is mapping or features is not iterable %}
        {{ milepost.refuse_lookup("`features` is `" ~ features ~ "`", "write a list: `['view:feature', 'view']`") }}
    {% endif %}
    {% set views = {} %}
    {% set columns = {} %}
    {% for reference in features %}
        {% set name = reference.split(':')[0] %}
        {% if name not in views %}
            {% do views.update({name: milepost.requested_view(name, aliases.get(name, {}))}) %}
        {% endif %}
        {% set view = views[name] %}
        {% for feature in ([reference[name | length + 1:]] if ':' in reference else view.features) %}
            {% set column = name | replace('@v', '_v') ~ '__' ~ feature if full_feature_names else feature %}
            {% if feature not in view.features and feature not in view.derived %}
                {{ milepost.refuse_lookup(
                    "feature view `" ~ view.view ~ "` has no feature `" ~ feature ~ "`",
                    "there is `" ~ (view.features + view.derived | list) | join("`, `") ~ "`"
                ) }}
            {% elif column in columns %}
                {{ milepost.refuse_lookup(
                    "two features are named `" ~ column ~ "`",
                    "ask for each feature once, and pass `full_feature_names=true` where two views have one of the same name"
                ) }}
            {% endif %}
            {% if feature in view.derived %}
                {% do columns.update({column: milepost.derived_column(views, name, view.derived[feature]) ~ ' as ' ~ column}) %}
            {% else %}
                {% do view.columns.update({feature: column}) %}
                {% do columns.update({column: column}) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% for alias in aliases if alias not in views %}
        {{ milepost.refuse_lookup("no feature of the alias `" ~ alias ~ "` is asked for", "ask for `'" ~ alias ~ "'`, or leave the alias out") }}
    {% endfor %}
    {% if not columns %}
        {{ milepost.refuse_lookup("no feature is asked for", "write a list: `['view:feature', 'view']`") }}
    {% endif %}
    {{ return({'views': views, 'columns': columns}) }}
{% endmacro %}
