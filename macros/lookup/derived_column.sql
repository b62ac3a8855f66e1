{#
    The SQL of a derived feature in a lookup, null where it is not finite, as in
    `milepost/reading/derived_values.py`. The features that it needs are put among the inputs of
    their views; a view that only it needs is put among the views.

    views: those looked up, by name.
    name: what the lookup calls the feature's view.
    derived: the feature, as its view's YAML states it.
#}
{% macro derived_column(views, name, derived) %}
    {% for source in derived.get('keys', {}) %}
        {% if (' ' ~ source ~ ':') not in ' ' ~ derived.get('inputs', []) | join(' ') %}
            {{ milepost.refuse_lookup(
                "derived feature `" ~ derived.name ~ "` states `keys` of `" ~ source ~ "`, and no input is of it",
                "its inputs are `" ~ derived.get('inputs', []) | join("`, `") ~ "`"
            ) }}
        {% endif %}
    {% endfor %}
    {% set names = {} %}
    {% for column, type in derived.get('request', {}).items() %}
        {% set given = 'milepost__entity_rows.' ~ column %}
        {% do names.update({column: '(' ~ milepost.finite_or_null(given) ~ ')' if type | lower == 'double' else given}) %}
    {% endfor %}
    {% for input in derived.get('inputs', []) %}
        {% if input == 'event_timestamp' %}
            {% do names.update({input: 'milepost__entity_rows.event_timestamp'}) %}
        {% else %}
            {% set source = input.split(':')[0] if ':' in input else none %}
            {% set stated_keys = derived.get('keys', {}).get(source, {}) %}
            {% set called = name ~ '__' ~ source if source else name %}
            {# Another feature may take the same view by other keys. #}
            {% if stated_keys %}{% set called = called ~ '__by_' ~ stated_keys.items() | map('join', '_') | join('_') %}{% endif %}
            {% set feature = input.split(':')[-1] %}
            {% if called not in views %}
                {% set source_view = milepost.requested_view(source, {}) %}
                {% do milepost.check_derived_keys(derived, source, source_view, views[name]) %}
                {% for key in source_view.key_columns %}
                    {% set own_key = stated_keys.get(key, key) %}
                    {% do source_view.key_columns.update({key: views[name].key_columns.get(own_key, own_key)}) %}
                {% endfor %}
                {% do views.update({called: source_view}) %}
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
