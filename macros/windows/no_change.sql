{#
    What a change that leaves a measure as it is adds to it, in SQL: null, of the measure's type, without which Sail
    does not know of which type the sum is.

    name: the measure's column.
#}
{% macro no_change(name) %}
    {{ return('cast(null as ' ~ milepost.measure_type(name) ~ ')') }}
{% endmacro %}
