{#
    An instant as a file has it, of whichever unit, as an instant.

    value: the column's name in the file, quoted.
    Example: `cast({{ in_any_unit('`picked_up_at`') }} as timestamp)`
#}
{% macro in_any_unit(value) %}
    {{ return(adapter.dispatch('in_any_unit', 'milepost')(value)) }}
{% endmacro %}

{#
    Spark and Databricks read nanoseconds as BIGINT, with `spark.sql.legacy.parquet.nanosAsLong`, and nothing else of a file
    tells them. So both forms must fit each type: through text what is no BIGINT, through an instant what is one.
#}
{% macro default__in_any_unit(value) %}
    {{ return(
        "case when typeof(" ~ value ~ ") = 'bigint' then timestamp_micros(cast(cast(" ~ value
        ~ " as string) as bigint) div 1000) else cast(" ~ value ~ " as timestamp_ltz) end"
    ) }}
{% endmacro %}

{% macro sail__in_any_unit(value) %}
    {{ return(value) }}
{% endmacro %}
