{#
    The SQL of a derived feature in a lookup, null where it is not finite, as in
    `milepost/reading/derived_values.py`. The features that it needs are put among the inputs of
    their views; a view that only it needs is put among the views.

    views: those looked up, by name.
    name: what the lookup calls the feature's view.
    derived: the feature, as its view's YAML states it.
#}
{% macro derived_column(views, name, derived) %}
    {% set names = {} %}
    {% for column, type in derived.get('request', {}).items() %}
        {% set given = 'milepost__entity_rows.' ~ column %}
        {% do names.update({column: '(' ~ milepost.finite_or_null(given) ~ ')' if type | lower == 'double' else given}) %}
    {% endfor %}
    {% for input in derived.get('inputs', []) %}
        {% if input == 'event_timestamp' %}
            {% do names.update({input: 'milepost__entity_rows.event_timestamp'}) %}
        {% else %}
            {% set called = name ~ '__' ~ input.split(':')[0] if ':' in input else name %}
            {% set feature = input.split(':')[-1] %}
            {% if called not in views %}
                {% set other = milepost.requested_view(input.split(':')[0], {}) %}
                {% for key in other.key_columns if key in views[name].key_columns %}
                    {% do other.key_columns.update({key: views[name].key_columns[key]}) %}
                {% endfor %}
                {% do views.update({called: other}) %}
            {% endif %}
            {% if feature not in views[called].features %}
                {{ milepost.refuse_lookup(
                    "derived feature `" ~ derived.name ~ "` needs `" ~ input ~ "`, and there is no such feature",
                    "there is `" ~ views[called].features | join("`, `") ~ "`"
                ) }}
            {% endif %}
            {% if feature not in views[called].inputs %}
                {% do views[called].inputs.append(feature) %}
            {% endif %}
            {% do names.update({input | replace(':', '.'): called | replace('@v', '_v') ~ '.' ~ 'milepost__' ~ feature}) %}
        {% endif %}
    {% endfor %}
    {% set bound = milepost.bind_expression(derived.sql, names, derived.type) %}
    {{ return(milepost.finite_or_null(bound) if derived.type | lower == 'double' else bound) }}
{% endmacro %}
