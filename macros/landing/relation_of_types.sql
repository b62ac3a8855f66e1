{#
    Parquet files with a type that Spark has not as a relation of Spark: a view of this session. Spark refuses such files,
    unless it is told as what to read each column: half floats as their bytes. It looks at no other column then.

    path: the files, as a pattern.
    file_types: the type that files have of each column that is read.
#}
{% macro relation_of_types(path, file_types) -%}
    {%- set columns, types = [], {
        'FLOAT16': 'binary', 'VARCHAR': 'string', 'TIMESTAMP': 'timestamp_ntz', 'TIMESTAMP WITH TIME ZONE': 'timestamp_ltz',
        'TIMESTAMP_NS': 'bigint', 'TIMESTAMP_NS WITH TIME ZONE': 'bigint',
        'UTINYINT': 'smallint', 'USMALLINT': 'int', 'UINTEGER': 'bigint', 'UBIGINT': 'decimal(20, 0)',
    } -%}
    {%- for name, file_type in file_types.items() -%}
        {%- do columns.append('`' ~ name | replace('`', '``') ~ '` ' ~ types.get(file_type, file_type)) -%}
    {%- endfor -%}
    {%- set view = 'milepost__types_' ~ local_md5(path ~ columns) -%}
    {%- do run_query(
        "create or replace temporary view " ~ view ~ " (" ~ columns | join(', ') ~ ") using parquet options (path '" ~ path ~ "')"
    ) -%}
    {{ return(view) }}
{%- endmacro %}
