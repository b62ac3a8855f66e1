{#
    The first landing date that the batch of a model looks back to, as text; none for all dates. It
    looks back not less than the four weeks of which `set_aside` counts the rows.
#}
{% macro slice_start(node) %}
    {% set start = milepost.batch(node).start %}
    {% if start is none %}{{ return(none) }}{% endif %}
    {% set days = [milepost.look_back_days(node), 28] | max + milepost.reach_days() %}
    {% set first = modules.datetime.datetime.fromisoformat(start) - modules.datetime.timedelta(days=days + 1) %}
    {% set first = first.date() | string %}
    {{ return(first if first > milepost.raw_first(node.unique_id) else none) }}
{% endmacro %}
