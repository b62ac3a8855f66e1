{#
    Writes what a lookup requests to `meta.lookups` of its model, while dbt parses the model. The
    publisher reads the features of a service there, and `complete_from` and the data test
    `is_covered_by_views` read from when the windows are full. When the model runs with other
    features than dbt parsed, this is a compiler error.
#}
{% macro declare_lookup(features, aliases) %}
    {% set lookup = {'features': [features] if features is string else features | list, 'aliases': aliases} %}
    {% set parsed_lookups = model.config.meta.get('lookups', []) %}
    {% if not execute %}
        {# `config` replaces what it was told before, and does not give it back: `model` keeps it here. #}
        {% do model.config.meta.update({'lookups': parsed_lookups + [lookup]}) %}
        {% do config(meta={'lookups': parsed_lookups + [lookup]}) %}
    {% elif lookup not in parsed_lookups %}
        {{ milepost.refuse_lookup(
            "`features` or `aliases` are other ones than dbt saw while it parsed `" ~ model.name ~ "`",
            "write them out, and take nothing from `run_query`, `graph` or `execute`"
        ) }}
    {% endif %}
{% endmacro %}
