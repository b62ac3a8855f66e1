{#
    The rows of Parquet files as a relation, with `milepost__file`, the URI of each row's file. No value comes
    from a path.

    uris: the files.
    columns: those that are read, by their names in the files; there may be more.
    file_types: the type that files have of each column, as a reading's `file_type`, where they may have one that
        the engine does not read by itself.
    other_types: what Arrow calls the types of the columns that are not read.
#}
{% macro read_files(uris, columns, file_types={}, other_types=[]) -%}
    {{ return(adapter.dispatch('read_files', 'milepost')(uris, columns, file_types, other_types)) }}
{%- endmacro %}

{% macro duckdb__read_files(uris, columns, file_types={}, other_types=[]) -%}
    {%- set names = [] -%}
    {%- for uri in uris -%}
        {# DuckDB takes `*`, `?` and `[` for patterns, which name other files; in brackets each is itself. #}
        {%- do names.append("'" ~ modules.re.sub('([*?[])', '[\\1]', uri) | replace("'", "''") ~ "'") -%}
    {%- endfor -%}
    {{ return("read_parquet([" ~ names | join(', ') ~ "], hive_partitioning = false, filename = 'milepost__file')") }}
{%- endmacro %}

{#
    Spark and Databricks read a pattern that names each file. Files may have their columns in another order. A file that
    the engine calls otherwise than it was asked for stops the query: its rows would belong to no file.
#}
{% macro default__read_files(uris, columns, file_types={}, other_types=[]) -%}
    {%- set names, paths = [], [] -%}
    {%- for column in columns -%}{%- do names.append('`' ~ column | replace('`', '``') ~ '`, ') -%}{%- endfor -%}
    {%- set bucket = uris[0].split('/')[:3] | join('/') ~ '/' -%}
    {%- for uri in uris -%}
        {%- do milepost.check_file_name(uri, '[*?{},`\'\\\\[\\]]') -%}
        {%- do paths.append(uri[bucket | length:]) -%}
    {%- endfor -%}
    {%- set path = bucket ~ (paths[0] if paths | length == 1 else '{' ~ paths | join(',') ~ '}') -%}
    {%- set relation, file = 'parquet.`' ~ path ~ '`', '_metadata.file_path' -%}
    {# To Arrow a UUID or an interval that it did not write is a binary of fixed size. #}
    {%- set lacking = 'halffloat|uuid|time32|time64|decimal256|fixed_size_binary' -%}
    {%- if 'FLOAT16' in file_types.values() or modules.re.search(lacking, other_types | join(' ')) -%}
        {# A view has no `_metadata`. #}
        {%- set relation, file = milepost.relation_of_types(path, file_types), 'input_file_name()' -%}
    {%- else -%}
        {%- do milepost.check_nanoseconds(uris[0], file_types) -%}
    {%- endif -%}
    {# Spark writes signs of a path by their numbers, and leaves a `+`. #}
    {%- set file = "url_decode(replace(" ~ file ~ ", '+', '%2B'))" -%}
    {%- set known_file = "case when " ~ file ~ " in ('" ~ uris | join("', '") ~ "') then " ~ file ~ " else " ~ milepost.fail(
        "raw_rows: the engine reads a file by another name than `" ~ uris[0] ~ "` and the others have"
        ~ "\nhint: let its file system read `s3://` as such"
    ) ~ " end" -%}
    {{ return("(select " ~ names | join ~ known_file ~ " as milepost__file from " ~ relation ~ ")") }}
{%- endmacro %}

{#
    On Sail a file is a table by its path. 64 and fewer are joined by `union all`, more in pairs, and pairs of pairs: a
    chain of hundreds is nested as deep, and Sail's server ended in it. A `union all` takes columns by their places,
    which files may have in another order, so that each names them.
#}
{% macro sail__read_files(uris, columns, file_types={}, other_types=[]) -%}
    {%- if uris | length > 64 -%}
        {%- set middle = (uris | length) // 2 -%}
        {{ return(
            "(select * from " ~ milepost.read_files(uris[:middle], columns)
            ~ " union all select * from " ~ milepost.read_files(uris[middle:], columns) ~ ")"
        ) }}
    {%- elif uris | length > 1 -%}
        {%- set files = [] -%}
        {%- for uri in uris -%}{%- do files.append('select * from ' ~ milepost.read_files([uri], columns)) -%}{%- endfor -%}
        {# Sail would write as many files as it reads, and has no hint that joins them. Its limit does. #}
        {{ return('(' ~ files | join(' union all ') ~ ' limit 9223372036854775807)') }}
    {%- endif -%}
    {%- set uri = uris[0] -%}
    {%- do milepost.check_file_name(uri, '[*?{`\'\\\\[]') -%}
    {%- set names = [] -%}
    {%- for column in columns -%}{%- do names.append('`' ~ column | replace('`', '``') ~ '`, ') -%}{%- endfor -%}
    {# What stands behind a `%` would be taken for a sign by its number. #}
    {%- set path = uri | replace('%', '%25') -%}
    {{ return("(select " ~ names | join ~ "'" ~ uri ~ "' as milepost__file from parquet.`" ~ path ~ "`)") }}
{%- endmacro %}
