{#
    The column of what a total was some grid steps earlier: `milepost__before_28_sum2_1_deliveries_amount`.

    column: that of the total.
    offset: the number of grid steps.
#}
{% macro name_before(column, offset) %}
    {{ return(column | replace('milepost__', 'milepost__before_' ~ offset ~ '_', 1)) }}
{% endmacro %}
