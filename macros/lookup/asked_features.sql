{#
    What a lookup asks for, read from the graph:
    `{'views': {'<name>': {'relation', 'key_columns', 'columns', 'inputs'}}, 'columns': {...}}`. The keys
    of a view map to columns of the entity rows, its columns map each feature to its name in the
    result, its inputs are the features that derived ones need, selected as `milepost__<feature>`. The
    columns beside them are all of the result, in the order asked for, each with its SQL.

    The arguments are those of `point_in_time_join`. What does not fit is a compiler error.
#}
{% macro asked_features(features, full_feature_names, aliases) %}
    {% if features is string or features is mapping or features is not iterable %}
        {{ milepost.refuse_lookup("`features` is `" ~ features ~ "`", "write a list: `['view:feature', 'view']`") }}
    {% endif %}
    {% set views = {} %}
    {% set columns = {} %}
    {% for asked in features %}
        {% set name = asked.split(':')[0] %}
        {% if name not in views %}
            {% do views.update({name: milepost.asked_view(name, aliases.get(name, {}))}) %}
        {% endif %}
        {% set view = views[name] %}
        {% set wanted = [asked[name | length + 1:]] if ':' in asked else view.features %}
        {% for feature in wanted %}
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
