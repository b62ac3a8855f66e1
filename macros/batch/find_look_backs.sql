{#
    How many hours each feature of a view looks back, as JSON, found in the SQL that dbt compiled.
    What cannot be found is as the YAML states it, or stops the build.

    view: the model of a feature view, while dbt runs it.
#}
{% macro find_look_backs(view) %}
    {% set keys = milepost.keys_of(view) %}
    {% set stated_days = {} %}
    {% for column in view.columns.values() if column.name not in keys + ['available_at'] %}
        {% do stated_days.update({column.name: column.config.meta.get(
            'longest_window_days', view.config.meta.get('longest_window_days')
        )}) %}
    {% endfor %}
    {{ return(tojson(milepost.raw_log_answer('milepost_look_backs', tojson({
        'sql': view.compiled_code,
        'view': milepost.published_name(view),
        'keys': keys,
        'stated_days': stated_days,
    })))) }}
{% endmacro %}
