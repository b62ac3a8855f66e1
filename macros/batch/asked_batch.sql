{# `--event-time-start` and `--event-time-end` as `{'start', 'end'}`, naive UTC as text; or nothing. #}
{% macro asked_batch() %}
    {% set given = [] %}
    {% for option in ['event_time_start', 'event_time_end'] %}
        {% set instant = invocation_args_dict.get(option) %}
        {% if instant %}
            {% set instant = modules.datetime.datetime.fromisoformat(instant) if instant is string else instant %}
            {% if instant.strftime('%M:%S.%f') != '00:00.000000' %}
                {% do exceptions.raise_compiler_error(
                    "`--" ~ option | replace('_', '-') ~ "` is " ~ instant ~ ", which is no grid instant"
                    ~ "\nhint: give a date, or a full hour"
                ) %}
            {% endif %}
            {% do given.append(instant.strftime('%Y-%m-%d %H:%M:%S')) %}
        {% endif %}
    {% endfor %}
    {{ return({'start': given[0], 'end': given[1]} if given else none) }}
{% endmacro %}
