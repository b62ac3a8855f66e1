{#
    The rows of a raw table that this run reads, as a relation: every declared column in its declared type, and
    no other. Use it in place of `source`, once in a base model.

    Beside the columns it has
    - `milepost__known_at`: when the row was known, as `meta.known_at` of the source says;
    - `milepost__starts_at`, `milepost__closes_at`: the row was known from the first to before the second, or it
      has a fault;
    - `milepost__is_known_at_estimated`: whether neither a column nor a commit says when the row was known;
    - `milepost__is_removed`: the row was in a file that was replaced by another without it, and ended at
      `milepost__known_at`;
    - `milepost__unreadable`: the name of a column whose text does not fit its `format`, or null.

    It reads a list of files, which were compared with what is remembered of them: where all that this run builds
    from the table grows by batches, those of the batch and its look-back.

    In a unit test it has the rows of the fixture. They have `milepost__known_at` themselves where it is no column
    of the source.

    source_name, table: as of `source`. The source has `meta.raw_uri`.
    Example: `select * from {{ raw_rows('freight', 'loads') }}`
#}
{% macro raw_rows(source_name, table) -%}
    {%- set relation = source(source_name, table) -%}
    {%- if not execute -%}
        {{ relation }}
    {%- elif model.resource_type == 'unit_test' -%}
        {{ milepost.fixture_rows(relation, milepost.ask('known_by', {'source_name': source_name, 'table': table})) }}
    {%- else -%}
        {{ milepost.rows_of_files(milepost.ask(
            'raw_rows', {'node_id': model.unique_id, 'source_name': source_name, 'table': table}
        )) }}
    {%- endif -%}
{%- endmacro %}
