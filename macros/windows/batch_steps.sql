{#
    A batch in grid steps: `{'opening', 'end'}`, the grid instant before the first and the first no
    longer built; none where the batch has no such bound.

    batch: as the macro `batch` gives it.
#}
{% macro batch_steps(batch, grid) %}
    {% set epoch = modules.datetime.datetime(1970, 1, 1) %}
    {% set steps = {} %}
    {% for name, bound, earlier in [('opening', batch.start, 1), ('end', batch.end, 0)] %}
        {% set since_1970 = modules.datetime.datetime.fromisoformat(bound | string) - epoch if bound else none %}
        {% set hours = (since_1970.total_seconds() // 3600) | int if bound else none %}
        {% do steps.update({name: (hours // 24 if grid == 'day' else hours) - earlier if bound else none}) %}
    {% endfor %}
    {{ return(steps) }}
{% endmacro %}
