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
            } %}
            {% do raw_logs.setdefault(source.config.meta.raw_uri, {}).update({source.identifier: table}) %}
        {% endfor %}
        {% for raw_uri, tables in raw_logs.items() %}
            {% do milepost.raw_log_answer('milepost_check_landing', tojson({'raw_uri': raw_uri, 'tables': tables})) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
