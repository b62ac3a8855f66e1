{#
    The rows of files that are read alike: each declared column in its declared type, the name of the first column
    that cannot be read as `milepost__unreadable`, and the file's name as `milepost__file`.

    The files have columns of the same types. DuckDB would read those of a list in the types of its first file, and
    round or cut off the values of the others.

    part: `readings`, how each declared column is read, `other_types`, what Arrow calls the types of all other columns,
        and `files`, each with its `uri`.
    Example: `select * from ({{ read_part(part) }}) as milepost__rows`
#}
{% macro read_part(part) -%}
{%- set file_types = {} -%}
{%- for reading in part.readings if reading.how != 'null' -%}
    {%- do file_types.update({reading.name_in_file: reading.file_type}) -%}
{%- endfor -%}
select
    {%- for reading in part.readings %}
    {{ milepost.read_column(reading) }} as {{ adapter.quote(reading.column) }},
    {%- endfor %}
    {%- set doubtful = part.readings | rejectattr('how', 'in', ['cast', 'null']) | list %}
    {%- if doubtful %}
    case
        {%- for reading in doubtful %}
        when {{ milepost.is_unreadable(reading) }} then '{{ reading.column | replace("'", "''") }}'
        {%- endfor %}
    end as milepost__unreadable,
    {%- else %}
    cast(null as string) as milepost__unreadable,
    {%- endif %}
    milepost__file
from {{ milepost.read_files(
    part.files | map(attribute='uri') | list, file_types.keys() | list, file_types, part.other_types
) }}
{%- endmacro %}
