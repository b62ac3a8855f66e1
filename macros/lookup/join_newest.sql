{#
    The join of `entity_rows` to the newest row of a view that was available at `event_timestamp`:
    one or none, as a view is unique on its keys and `available_at`.

    view: the view's name in the query.
    keys: `{'<key of the view>': '<column of the entity rows>'}`.
    entity_rows: what stands as `milepost__entity_rows` in the query.
#}
{% macro join_newest(view, keys, entity_rows) -%}
{{ adapter.dispatch('join_newest', 'milepost')(view, keys, entity_rows) }}
{%- endmacro %}

{% macro duckdb__join_newest(view, keys, entity_rows) -%}
asof left join {{ view }}
    on
        {% for key, column in keys.items() -%}
        milepost__entity_rows.{{ column }} = {{ view }}.{{ key }}
        and {% endfor -%}
        milepost__entity_rows.event_timestamp >= {{ view }}.available_at
{%- endmacro %}

{#
    The newest instants are found in one sorting of the view and the entity rows, and then joined as they are. A join
    by an inequality would pair each entity row with all rows of its key.
#}
{% macro default__join_newest(view, keys, entity_rows) -%}
{%- set newest = 'milepost__newest_of_' ~ view -%}
{%- set names = [] -%}
{%- for key in keys -%}{%- do names.append('milepost__key_' ~ loop.index) -%}{%- endfor -%}
left join (
    select distinct
        {%- for name in names %}
        {{ name }},
        {%- endfor %}
        milepost__at,
        milepost__newest_at
    from (
        select
            *,
            max(milepost__available_at) over (
                {% if keys %}partition by {{ names | join(', ') }} {% endif %}order by milepost__at
            ) as milepost__newest_at
        from (
            select
                {%- for key in keys %}
                {{ key }} as {{ names[loop.index0] }},
                {%- endfor %}
                available_at as milepost__at,
                available_at as milepost__available_at
            from {{ view }}
            union all
            select
                {%- for column in keys.values() %}
                {{ column }} as {{ names[loop.index0] }},
                {%- endfor %}
                event_timestamp as milepost__at,
                null as milepost__available_at
            from {{ entity_rows }}
        ) as milepost__instants_of_both
    ) as milepost__newest_so_far
    where milepost__available_at is null
) as {{ newest }}
    on
        {% for column in keys.values() -%}
        milepost__entity_rows.{{ column }} = {{ newest }}.{{ names[loop.index0] }}
        and {% endfor -%}
        milepost__entity_rows.event_timestamp = {{ newest }}.milepost__at
left join {{ view }}
    on
        {% for key in keys -%}
        {{ newest }}.{{ names[loop.index0] }} = {{ view }}.{{ key }}
        and {% endfor -%}
        {{ newest }}.milepost__newest_at = {{ view }}.available_at
{%- endmacro %}
