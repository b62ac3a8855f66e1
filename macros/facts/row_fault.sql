{#
    Why a raw row is set aside, or null where it is sound. The first fault that holds is named.

    keys: columns that must not be null.
    more: further faults, `{'<reason>': '<sql condition>'}`.
    The row has `event_at`, `known_at` and `landing_date`. An instant in the future lies after the
    end of the row's own landing date: nothing here reads a clock. A row that says it landed before
    its landing date would change what has been built.
    Example: `{{ row_fault(keys=['tender_id', 'load_id']) }} as fault`
#}
{% macro row_fault(keys, more={}) -%}
case
        when {% for key in keys %}{{ key }} is null{{ ' or ' if not loop.last }}{% endfor %}
            then 'null_key'
        when event_at is null or known_at is null
            then 'null_instant'
        when
            event_at >= cast(landing_date as timestamp) + interval '1' day
            or known_at >= cast(landing_date as timestamp) + interval '1' day
            then 'instant_in_the_future'
        when known_at < cast(landing_date as timestamp)
            then 'landed_before_its_date'
        when known_at < event_at
            then 'known_before_event'
        {% for reason, condition in more.items() -%}
        when {{ condition }}
            then '{{ reason }}'
        {% endfor -%}
    end
{%- endmacro %}
