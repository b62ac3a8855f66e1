{#
    A branch of a `case`, in SQL, that stops the query where the difference of two DECIMALs loses their last digits;
    nothing on an engine whose never does.
#}
{% macro lost_digits() %}
    {{ return(adapter.dispatch('lost_digits', 'milepost')()) }}
{% endmacro %}

{# Spark rounds digits away unless its session is told not to; Sail never does. The engine asks this once for a query. #}
{% macro default__lost_digits() %}
    {% set exact = 'cast(null as decimal(38, 12))' %}
    {{ return(
        'when typeof(' ~ exact ~ ' - ' ~ exact ~ ") <> 'decimal(38,12)' then "
        ~ milepost.fail(
            "trailing_features: this session rounds DECIMALs"
            ~ "\nhint: set `spark.sql.decimalOperations.allowPrecisionLoss` to false"
        ) ~ ' '
    ) }}
{% endmacro %}

{% macro duckdb__lost_digits() %}
    {{ return('') }}
{% endmacro %}
