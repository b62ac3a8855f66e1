{#
    The value of one declared column in its declared type, in SQL, read from files of one type.

    It is null where the value has no equal one in that type, or where text does not fit its format:
    `is_unreadable` tells such a null from one that is in the file.

    reading: how the column is read, from `milepost/raw/reading.py`: a dict with `how`, `data_type`,
        `name_in_file`, `file_type` and `text_format`.
    Example: `{{ read_column(reading) }} as {{ adapter.quote(reading.column) }}`
#}
{% macro read_column(reading) %}
    {{ return(adapter.dispatch('read_column', 'milepost')(reading)) }}
{% endmacro %}

{% macro default__read_column(reading) %}
    {% if reading.how not in ['cast', 'instant', 'null'] or reading.file_type == 'UUID' %}
        {% do exceptions.raise_compiler_error(
            "Column `" ~ reading.column ~ "` is " ~ reading.file_type ~ " in its files, declared " ~ reading.data_type
            ~ "\nhint: only DuckDB reads it so; on another engine, land it as " ~ reading.data_type
        ) %}
    {% endif %}
    {% set data_type = {'VARCHAR': 'string', 'TIMESTAMP': 'timestamp_ntz'}.get(reading.data_type, reading.data_type) %}
    {% set value = 'null' if reading.how == 'null' else milepost.value_in_file(reading) %}
    {# An instant with a zone becomes the wall clock of the session, which is UTC: `dbt_answers` checks. #}
    {{ return("cast(" ~ value ~ " as " ~ data_type ~ ")") }}
{% endmacro %}

{% macro duckdb__read_column(reading) %}
    {% set value = '"' ~ reading.name_in_file | replace('"', '""') ~ '"' %}
    {% if reading.how == 'null' %}
        {{ return("cast(null as " ~ reading.data_type ~ ")") }}
    {% elif reading.how == 'cast' %}
        {{ return("cast(" ~ value ~ " as " ~ reading.data_type ~ ")") }}
    {% elif reading.how == 'instant' %}
        {# A cast would give the wall clock of the session's time zone. #}
        {{ return("make_timestamp(epoch_us(" ~ value ~ "))") }}
    {% elif reading.how == 'exact' and reading.data_type == 'BIGINT' %}
        {{ return("try_cast(" ~ value ~ " as bigint)") }}
    {% elif reading.how == 'exact' %}
        {# Back in an exact type, because a comparison of an integer with a double would round the integer as well. #}
        {% set exact_type = 'hugeint' if reading.data_type == 'DOUBLE' else reading.file_type %}
        {% set cast_value = "cast(" ~ value ~ " as " ~ reading.data_type ~ ")" %}
        {{ return("case when cast(" ~ cast_value ~ " as " ~ exact_type ~ ") = " ~ value ~ " then " ~ cast_value ~ " end") }}
    {% elif reading.how == 'text' %}
        {# `try_strptime` takes the words `epoch` and `infinity` for 1900-01-01, whatever the format. #}
        {% set instant %}case when regexp_matches({{ value }}, '[0-9]') then make_timestamp(epoch_us(try_strptime({{ value }}, '{{ reading.text_format | replace("'", "''") }}'))) end{% endset %}
        {% if reading.data_type == 'DATE' %}
            {{ return("case when cast(" ~ instant ~ " as date) = " ~ instant ~ " then cast(" ~ instant ~ " as date) end") }}
        {% endif %}
        {{ return(instant) }}
    {% endif %}
    {% do exceptions.raise_compiler_error(
        "`read_column` was given `how: " ~ reading.how ~ "`"
        ~ "\nhint: milepost/raw/reading.py lists the ways to read a column"
    ) %}
{% endmacro %}
