{#
    The column of a measure: `milepost__sum2_1_deliveries_28d_amount`. No two measures have one name: the
    kind is a word of ours, the facts are numbered, a window has its own form, and the column is last.

    measure: `{'kind', 'column'}`.
    source: the name of the series or of the facts, or nothing.
#}
{% macro measure_name(measure, source='') %}
    {{ return(['milepost__' ~ measure.kind, source, measure.column] | select | join('_')) }}
{% endmacro %}
