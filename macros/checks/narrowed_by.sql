{#
    The option of this dbt command that makes its tables other than the project says, such as
    `--empty` or `--target other`, or nothing.
#}
{% macro narrowed_by() %}
    {{ return(milepost.raw_log_answer('milepost_narrowed_by', '').option) }}
{% endmacro %}
