{#
    The value that a file has in a column, in SQL and in a type that a cast makes the declared one of. DuckDB reads all
    types itself.

    reading: how the column is read, as `read_column` takes it.
    Example: `cast({{ value_in_file(reading) }} as double)`
#}
{% macro value_in_file(reading) %}
    {{ return(adapter.dispatch('value_in_file', 'milepost')(reading)) }}
{% endmacro %}

{#
    Spark reads nanoseconds as a number of them, see `check_nanoseconds`, unless they are an INT96, which has the same
    type in Arrow: what it read tells. It cuts off what is finer than a microsecond towards 1970, as DuckDB does.
    A half float is two bytes, the last of them first: see `relation_of_types`.
#}
{% macro default__value_in_file(reading) %}
    {% set value = '`' ~ reading.name_in_file | replace('`', '``') ~ '`' %}
    {% if reading.file_type in ['TIMESTAMP_NS', 'TIMESTAMP_NS WITH TIME ZONE'] %}
        {{ return(
            "case when typeof(" ~ value ~ ") = 'bigint' then timestamp_micros(cast(" ~ value ~ " as bigint) div 1000) "
            ~ "else cast(" ~ value ~ " as timestamp_ltz) end"
        ) }}
    {% elif reading.file_type == 'FLOAT16' %}
        {% set digits = "concat(substr(hex(" ~ value ~ "), 3), substr(hex(" ~ value ~ "), 1, 2))" %}
        {% set bits = "cast(conv(" ~ digits ~ ", 16, 10) as int)" %}
        {% set exponent, fraction = "(shiftright(" ~ bits ~ ", 10) & 31)", "(" ~ bits ~ " & 1023)" %}
        {{ return(
            "case when " ~ bits ~ " < 32768 then 1 else -1 end * case " ~ exponent
            ~ " when 31 then cast(case " ~ fraction ~ " when 0 then 'Infinity' else 'NaN' end as double)"
            ~ " when 0 then " ~ fraction ~ " * power(2, -24)"
            ~ " else (1024 + " ~ fraction ~ ") * power(2, " ~ exponent ~ " - 25) end"
        ) }}
    {% endif %}
    {{ return(value) }}
{% endmacro %}

{% macro sail__value_in_file(reading) %}
    {{ return('`' ~ reading.name_in_file | replace('`', '``') ~ '`') }}
{% endmacro %}
