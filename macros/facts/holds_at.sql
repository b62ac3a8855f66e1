{#
    Whether a version of a fact is the one that was newest at an instant.

    version: the relation's name in the query; it has `known_at` and `superseded_at`.
    Example: `{{ holds_at('appointments', 'arrivals.known_at') }}`
#}
{% macro holds_at(version, instant) -%}
{{ instant }} >= {{ version }}.known_at
            and ({{ version }}.superseded_at is null or {{ instant }} < {{ version }}.superseded_at)
{%- endmacro %}
