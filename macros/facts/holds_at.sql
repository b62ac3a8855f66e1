{#
    Whether a version of a fact is the one that was newest at an instant. Comparisons alone: with an
    `or`, DuckDB's left join compares each row with each.

    version: the relation's name in the query; it has `known_at` and `superseded_at`.
    within_days: how old it may be at the instant, or no limit. A fact's own reference and a
    snapshot need none; what is found by another key does, or a build from a slice of the raw log
    would find less.
    Example: `{{ holds_at('appointments', 'arrivals.known_at') }}`
#}
{% macro holds_at(version, instant, within_days=none) -%}
{%- do milepost.declare_reference_days(within_days or 0) -%}
{{ instant }} >= {{ version }}.known_at
            and {{ instant }}
            < coalesce({{ version }}.superseded_at, cast('9999-12-31' as timestamp))
            {%- if within_days is not none %}
            and {{ version }}.known_at >= {{ instant }} - interval '{{ within_days }}' day
            {%- endif %}
{%- endmacro %}
