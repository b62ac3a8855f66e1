{# The first instant of an incremental model that is not built, as text; none where all are to be built. #}
{% macro built_batch(node) %}
    {% if node.config.materialized != 'incremental' or flags.FULL_REFRESH or flags.WHICH not in ['run', 'build'] %}
        {{ return(none) }}
    {% endif %}
    {% set built_to = milepost.batch_records().get(node.unique_id) %}
    {{ return(built_to.built_to if built_to and built_to.code == milepost.code_hash(node) else none) }}
{% endmacro %}
