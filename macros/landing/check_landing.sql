{#
    Stops a build whose raw log is not what its markers and the sources' YAML say: a missing or
    truncated file, a missing column, a late file in a closed partition ...

    Runs on-run-start of `dbt run` and `dbt build`, for every source with `meta.raw_uri`.
#}
{% macro check_landing() %}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% do milepost.ask('check_landing') %}
    {% endif %}
{% endmacro %}
