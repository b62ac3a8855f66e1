{#
    Stops where files have instants in nanoseconds, and Spark was not told to read them.

    uri: one of the files.
    file_types: the type that they have of each column that is read.
#}
{% macro check_nanoseconds(uri, file_types) -%}
    {%- set setting, columns = 'spark.sql.legacy.parquet.nanosAsLong', [] -%}
    {%- for name, file_type in file_types.items() if file_type in ['TIMESTAMP_NS', 'TIMESTAMP_NS WITH TIME ZONE'] -%}
        {%- do columns.append('`' ~ name ~ '`') -%}
    {%- endfor -%}
    {%- if columns and run_query('set ' ~ setting).rows[0][1] | string | lower != 'true' -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ uri ~ "` has instants in nanoseconds: " ~ columns | join(', ')
            ~ "\nhint: set `" ~ setting ~ ": \"true\"` among the `server_side_parameters` of the profile"
        ) -%}
    {%- endif -%}
{%- endmacro %}
