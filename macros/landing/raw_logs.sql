{# How far each raw log is closed: `{'<raw uri>': {'first': date, 'closed_before': date, 'reopened': n}}`. #}
{% macro raw_logs() %}
    {{ return(milepost.ask('raw_logs')) }}
{% endmacro %}
