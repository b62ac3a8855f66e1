{#
    Stops where the `keys` that a derived feature states of another view are not keys of that view, or are
    taken from what is no key of its own view.

    derived: the feature, as its view's YAML states it.
    source: the other view's name in the feature's inputs.
    source_view, own_view: both views, as `requested_view` gives them.
#}
{% macro check_derived_keys(derived, source, source_view, own_view) %}
    {% for key, own_key in derived.get('keys', {}).get(source, {}).items() %}
        {% if key not in source_view.key_columns %}
            {{ milepost.refuse_lookup(
                "derived feature `" ~ derived.name ~ "` states the key `" ~ key ~ "` of `" ~ source ~ "`, which is none",
                "its keys are `" ~ source_view.key_columns | join("`, `") ~ "`"
            ) }}
        {% elif own_key not in own_view.key_columns %}
            {{ milepost.refuse_lookup(
                "derived feature `" ~ derived.name ~ "` takes `" ~ key ~ "` of `" ~ source ~ "` from `" ~ own_key
                ~ "`, which is no key of its own view",
                "its keys are `" ~ own_view.key_columns | join("`, `") ~ "`"
            ) }}
        {% endif %}
    {% endfor %}
{% endmacro %}
