{#
    Stops a build whose raw log is not what its markers and the sources' YAML say: a missing or
    truncated file, a missing column, a late file in a closed partition ...

    Runs on-run-start of `dbt run` and `dbt build`, for every source with `meta.raw_uri`.
#}
{% macro check_landing() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set raw_logs = {} %}
        {% for source in graph.sources.values() if source.config.meta.raw_uri %}
            {% set columns = {} %}
            {% for column in source.columns.values() %}
                {% do columns.update({column.name: column.data_type}) %}
            {% endfor %}
            {% set table = {
                'columns': columns,
                'rows_within_days': source.config.meta.get('rows_within_days'),
                'read_as': adapter.dispatch('read_as', 'milepost')(source),
            } %}
            {% set tables = raw_logs.setdefault(source.config.meta.raw_uri, {}) %}
            {% if source.identifier in tables %}
                {% do exceptions.raise_compiler_error(
                    "two sources declare the raw table `" ~ source.identifier ~ "` of `"
                    ~ source.config.meta.raw_uri ~ "`\nhint: declare it once, and use it from both"
                ) %}
            {% endif %}
            {% do tables.update({source.identifier: table}) %}
        {% endfor %}
        {% for raw_uri, tables in raw_logs.items() %}
            {% do milepost.raw_log_answer('milepost_check_landing', tojson({'raw_uri': raw_uri, 'tables': tables})) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{# The SQL by which a model reads a source, where it reads the raw log's files itself. #}
{% macro duckdb__read_as(node) %}
    {# As it is without `--empty` and `--sample`, which narrow what a source gives. #}
    {{ return(source(node.source_name, node.name).render()) }}
{% endmacro %}
