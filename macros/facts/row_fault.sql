{#
    Why a raw row is set aside, or null where it is sound. The first fault that holds is named.

    keys: columns that must not be null.
    finite: columns of numbers, instants or dates. A row in which one is infinite or NaN is set aside; null
    is allowed. List every column that the sources of the model declare `double`, `timestamp` or `date`
    and that the model names: the build stops and names one that is missing. `event_at` and `known_at`
    are checked without being listed.
    more: further faults, `{'<reason>': '<sql condition>'}`.
    The relation has the columns `event_at`, `known_at`, and of `raw_rows` `landing_starts_at`,
    `landing_closes_at` and `unreadable`. `instant_in_the_future` means after the row's partition was closed:
    nothing here reads a clock. `landed_before_its_date` is a fault because such a row would change what has
    been built.
    Example: `{{ row_fault(keys=['load_id', 'shipper_id'], finite=['miles']) }} as fault`
#}
{% macro row_fault(keys, finite=[], more={}) -%}
{%- set finite = finite + ['event_at', 'known_at'] -%}
{%- do milepost.check_finite(finite) -%}
case
        when unreadable is not null
            then 'unreadable'
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
        when event_at >= landing_closes_at or known_at >= landing_closes_at
            then 'instant_in_the_future'
        when known_at < landing_starts_at
            then 'landed_before_its_date'
        when known_at < event_at
            then 'known_before_event'
        {% for reason, condition in more.items() -%}
        when {{ condition }}
            then '{{ reason }}'
        {% endfor -%}
    end
{%- endmacro %}
