{#
    What the names, types and meta of a feature view's columns promise, as a list of
    `{'rule', 'column', 'rows_where'}`; `rows_where` is true, in SQL, for the rows that break the promise.
    The README of tests/dbt/generic lists the rules. A promise that cannot be read is a compiler error.

    view: the node of the view.
#}
{% macro rules_of_names(view) %}
    {% set meta, windows, counts, rules = view.config.meta, {}, [], [] %}
    {% for name in view.columns %}
        {% do windows.update({name: milepost.window_in_name(name)}) %}
        {% if windows[name].what.endswith('_count') %}{% do counts.append(name) %}{% endif %}
    {% endfor %}

    {% for name in milepost.keys_of(view) + ['available_at'] %}
        {% do rules.append({'rule': 'is_not_null', 'column': name, 'rows_where': name ~ ' is null'}) %}
    {% endfor %}
    {% set grid_at = "available_at - interval '" ~ meta.serving_delay_minutes ~ "' minute" %}
    {% do rules.append({
        'rule': 'stands_on_grid', 'column': 'available_at',
        'rows_where': grid_at ~ " <> date_trunc('" ~ meta.grid ~ "', " ~ grid_at ~ ')',
    }) %}
    {% for column in view.columns.values() %}
        {% set name, window = column.name, windows[column.name] %}
        {% set bounds = (
            {'is_a_share': name ~ ' < 0 or ' ~ name ~ ' > 1'} if window.what.endswith(('_rate', '_share'))
            else {'is_a_difference_of_shares': name ~ ' < -1 or ' ~ name ~ ' > 1'}
            if window.what.endswith(('_rate_change', '_share_change'))
            else {'is_not_null': name ~ ' is null', 'is_not_negative': name ~ ' < 0'} if name in counts
            else {'is_not_negative': name ~ ' < 0'}
            if modules.re.search('_(stddev|interquartile_range)(_|$)', window.what)
            else {}
        ) %}
        {% if bounds and window.unit and not window.hours %}
            {% do exceptions.raise_compiler_error(
                "the window of `" ~ view.name ~ "." ~ name ~ "` is in `" ~ window.unit ~ "`"
                ~ "\nhint: name a window in days or hours, `28d` or `24h`"
            ) %}
        {% endif %}
        {% if name in counts and window.last %}
            {% do bounds.update({'is_of_the_last': name ~ ' > ' ~ window.last}) %}
        {% elif name in counts and window.hours %}
            {% set shorter = [] %}
            {% for count in counts if windows[count].hours and windows[count].hours < window.hours %}
                {% if windows[count].what == window.what and windows[count].ends == window.ends %}
                    {% do shorter.append([windows[count].hours, count]) %}
                {% endif %}
            {% endfor %}
            {% if shorter %}
                {% do bounds.update({'is_not_below_shorter_window': name ~ ' < ' ~ (shorter | max)[1]}) %}
            {% endif %}
        {% endif %}
        {% set too_few = [] %}
        {% for count, minimum in milepost.sample_minimums(view, column, counts).items() %}
            {% do too_few.append('coalesce(' ~ count ~ ', 0) < ' ~ minimum) %}
        {% endfor %}
        {% if too_few %}
            {% do bounds.update({
                'is_null_exactly_without_sample': '(' ~ name ~ ' is null) <> (' ~ too_few | join(' or ') ~ ')'
            }) %}
        {% endif %}
        {% if (column.data_type or '') | lower in ['double', 'float', 'real'] %}
            {% do bounds.update({'is_finite': 'not ' ~ milepost.is_finite(name)}) %}
        {% endif %}
        {% for rule, rows_where in bounds.items() %}
            {% do rules.append({'rule': rule, 'column': name, 'rows_where': rows_where}) %}
        {% endfor %}
    {% endfor %}
    {{ return(rules) }}
{% endmacro %}
