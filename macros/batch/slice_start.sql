{#
    The first landing date that the batch of a model looks back to, as text; none for all dates.

    On top of its longest window it needs what the facts in it refer to (`reference_days`, twice: a
    response refers to a tender, the tender to a load) and, before that, the days within which a row
    may be delivered again.
#}
{% macro slice_start(node) %}
    {% set start = milepost.batch(node).start %}
    {% if start is none %}{{ return(none) }}{% endif %}
    {% set days = node.config.meta.longest_window_days + 2 * var('reference_days', 60) + 8 %}
    {% set first = modules.datetime.datetime.fromisoformat(start) - modules.datetime.timedelta(days=days) %}
    {{ return(first.date() | string) }}
{% endmacro %}
