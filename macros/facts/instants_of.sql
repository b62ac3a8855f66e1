{#
    The instants at which what is known of a key changes: a select of (keys, `known_at`), where a
    version begins or ends.

    versions: a relation with `known_at` and `superseded_at`.
    Example: `{{ instants_of('changes', ['load_id']) }}`
#}
{% macro instants_of(versions, keys) -%}
select
        {{ keys | join(',\n        ') }},
        known_at
    from {{ versions }}
    union distinct
    select
        {{ keys | join(',\n        ') }},
        superseded_at as known_at
    from {{ versions }}
    where superseded_at is not null
{%- endmacro %}
