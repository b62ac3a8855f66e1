{#
    Whether a file's value cannot be read in the declared type of its column, as a condition in SQL.

    reading: how the column is read, as `read_column` takes it.
    Example: `case when {{ is_unreadable(reading) }} then 'ordered_at' end as milepost__unreadable`
#}
{% macro is_unreadable(reading) %}
    {{ return(adapter.dispatch('is_unreadable', 'milepost')(reading)) }}
{% endmacro %}

{# Elsewhere a column is read only where each value of its type can be: see `read_column`. #}
{% macro default__is_unreadable(reading) %}
    {{ return("false") }}
{% endmacro %}

{% macro duckdb__is_unreadable(reading) %}
    {% if reading.how in ['cast', 'null'] %}
        {{ return("false") }}
    {% endif %}
    {% set value = '"' ~ reading.name_in_file | replace('"', '""') ~ '"' %}
    {{ return("(" ~ value ~ " is not null and " ~ milepost.read_column(reading) ~ " is null)") }}
{% endmacro %}
