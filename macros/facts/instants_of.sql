{#
    The instants at which what is known of a key changes: a select of (keys, `known_at`), where a
    version begins or ends.

    versions: a relation with `known_at` and `superseded_at`, or a list of such relations.
    keys: the columns of the key, which each relation has.
    Example: `{{ instants_of(['orders', 'payments'], ['order_id']) }}`
#}
{% macro instants_of(versions, keys) -%}
{%- for relation in ([versions] if versions is string else versions) -%}
select
        {{ keys | join(',\n        ') }},
        known_at
    from {{ relation }}
    union distinct
    select
        {{ keys | join(',\n        ') }},
        superseded_at as known_at
    from {{ relation }}
    where superseded_at is not null
    {{- '\n    union distinct\n    ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}
