{#
    Tells dbt, while it parses the model, what a lookup asks for: adds it to `meta.lookups`, from which
    `complete_from` and the data test `is_covered_by_views` know the features. Stops at run time where
    that is something else than dbt saw.
#}
{% macro declare_lookup(features, aliases) %}
    {% set lookup = {'features': [features] if features is string else features | list, 'aliases': aliases} %}
    {% set known = model.config.meta.get('lookups', []) %}
    {% if not execute %}
        {# What `config` is told cannot be read back from it, and a second call replaces the first one's. #}
        {% do model.config.meta.update({'lookups': known + [lookup]}) %}
        {% do config(meta={'lookups': known + [lookup]}) %}
    {% elif lookup not in known %}
        {{ milepost.refuse_lookup(
            "`features` or `aliases` are other ones than dbt saw while it parsed `" ~ model.name ~ "`",
            "write them out, and take nothing from `run_query`, `graph` or `execute`"
        ) }}
    {% endif %}
{% endmacro %}
