{#
    How many days before a window the facts in it reach: to what they refer to (`reference_days`, twice:
    a response refers to a tender, the tender to a load), and the days within which what that is may
    have been delivered before.
#}
{% macro reach_days() %}
    {{ return(2 * var('reference_days') + 8) }}
{% endmacro %}
