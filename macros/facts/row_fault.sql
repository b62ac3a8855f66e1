{#
    Why a raw row is set aside, or null where it is sound. The first fault that holds is named.

    keys: columns that must not be null.
    finite: columns of numbers, instants or dates that must be finite where they are not null. Every
    column that a source of the model declares `double`, `timestamp` or `date` is among them, if the
    model names it; `event_at` and `known_at` always are.
    more: further faults, `{'<reason>': '<sql condition>'}`.
    The row has `event_at`, `known_at` and `landing_date`. An instant in the future lies after the
    end of the row's own landing date: nothing here reads a clock. A row that says it landed before
    its landing date would change what has been built.
    Example: `{{ row_fault(keys=['load_id', 'shipper_id'], finite=['miles']) }} as fault`
#}
{% macro row_fault(keys, finite=[], more={}) -%}
{%- set finite = finite + ['event_at', 'known_at'] -%}
{%- do milepost.check_finite(finite) -%}
case
        when {% for key in keys %}{{ key }} is null{{ ' or ' if not loop.last }}{% endfor %}
            then 'null_key'
        when event_at is null or known_at is null
            then 'null_instant'
        when
            {% for column in finite -%}
            not {{ milepost.is_finite(column) }}
            {{ 'or ' if not loop.last }}
            {%- endfor %}
            then 'not_finite'
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
