{#
    How many days before a window the facts in it reach: `reference_days` for each of the steps from
    one to what it refers to (three: an open load to what booked it, that to its corrected load, the
    load to its first version), and the days within which a row may be delivered again.
#}
{% macro reach_days() %}
    {{ return(3 * var('reference_days') + 8) }}
{% endmacro %}
