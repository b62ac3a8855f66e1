{#
    The join of `entity_rows` to the newest row of a view that was available at `event_timestamp`:
    one or none, as a view is unique on its keys and `available_at`.

    view: the view's name in the query.
    keys: `{'<key of the view>': '<column of the entity rows>'}`.
#}
{% macro join_newest(view, keys) -%}
{{ adapter.dispatch('join_newest', 'milepost')(view, keys) }}
{%- endmacro %}

{% macro duckdb__join_newest(view, keys) -%}
asof left join {{ view }}
    on
        {% for key, column in keys.items() -%}
        milepost__entity_rows.{{ column }} = {{ view }}.{{ key }}
        and {% endfor -%}
        milepost__entity_rows.event_timestamp >= {{ view }}.available_at
{%- endmacro %}

{# A row holds until the next one of its keys. #}
{% macro default__join_newest(view, keys) -%}
left join (
    select
        *,
        lead(available_at) over (
            {% if keys %}partition by {{ keys | join(', ') }} {% endif %}order by available_at
        ) as milepost__next_available_at
    from {{ view }}
) as {{ view }}
    on
        {% for key, column in keys.items() -%}
        milepost__entity_rows.{{ column }} = {{ view }}.{{ key }}
        and {% endfor -%}
        milepost__entity_rows.event_timestamp >= {{ view }}.available_at
        and (
            {{ view }}.milepost__next_available_at is null
            or milepost__entity_rows.event_timestamp < {{ view }}.milepost__next_available_at
        )
{%- endmacro %}
