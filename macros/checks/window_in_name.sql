{#
    What the name of a column says of its window: `{'what', 'hours', 'unit', 'ends', 'last'}`. `what` is the
    name without the window, `hours` how long the window is (none where `unit` is neither `d` nor `h`), `ends`
    says where it lies unless it ends now, and `last` is how many facts it holds at most.

    Example: `load_count_28d_before_364d` gives `load_count`, 672, `d`, `364d` and none.
#}
{% macro window_in_name(name) %}
    {% set parts = modules.re.fullmatch(
        '(?P<what>.+?)_(?:last_(?P<last>[0-9]+)'
        ~ '|(?P<next>next_)?(?P<length>[0-9]+)(?P<unit>[a-z]+)(?:_before_(?P<back>[0-9]+[a-z]+))?)',
        name
    ) %}
    {% set window = parts.groupdict() if parts else {'what': name} %}
    {% set unit_hours = {'d': 24, 'h': 1}.get(window.unit) %}
    {{ return({
        'what': window.what,
        'hours': window.length | int * unit_hours if unit_hours else none,
        'unit': window.unit,
        'ends': window.next or window.back,
        'last': window.last,
    }) }}
{% endmacro %}
