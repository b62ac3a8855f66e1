{#
    Whether facts have tiles where no running totals are made of these: in a batch, and in full where each window is set back.
    Where values are added the tiles are read twice, with the long values apart. Sail and Spark compute a CTE for each time
    that it is read, and would read the files of all facts twice.
#}
{% macro has_tiles_without_totals() %}
    {{ return(adapter.dispatch('has_tiles_without_totals', 'milepost')()) }}
{% endmacro %}

{% macro default__has_tiles_without_totals() %}
    {{ return(false) }}
{% endmacro %}

{% macro duckdb__has_tiles_without_totals() %}
    {{ return(true) }}
{% endmacro %}
