{# The option of this dbt command that makes its tables other than the project says, or nothing. #}
{% macro narrowed_by() %}
    {% set given = invocation_args_dict.get('vars') %}
    {{ return(
        '--empty' if flags.EMPTY
        else '--sample' if flags.SAMPLE
        else '--vars' if given and given != '{}'
        else ''
    ) }}
{% endmacro %}
