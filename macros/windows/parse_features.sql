{#
    The features of `trailing_features`, checked, one mapping for each column of the result:
    column, aggregate, facts, value (none: the facts themselves), window ('trailing', 'last',
    'newest', 'open'), is_summed (whether it runs along the key), hours, back_hours, last, id, decimals,
    look_back_hours, label (the facts' name, numbered), series (the facts and the window).
#}
{% macro parse_features(features, keys, grid) %}
    {% set aggregates = ['count', 'distinct', 'sum', 'mean', 'stddev', 'min', 'max', 'rate', 'newest', 'newest_at'] %}
    {% set options = ['name', 'over', 'set_back', 'last', 'within', 'newest_within', 'open_within', 'id', 'decimals'] %}
    {% set parsed = [] %}
    {% if features is string or features is mapping or not features %}
        {% do exceptions.raise_compiler_error(
            "trailing_features: `features` is `" ~ features ~ "`\nhint: give a list of mappings, one for each feature"
        ) %}
    {% endif %}
    {% set labels = {} %}
    {% for feature in features %}
        {% if feature is not mapping %}
            {% do exceptions.raise_compiler_error(
                "trailing_features: feature `" ~ feature ~ "` is no mapping\nhint: {'name': 'load_count', 'count': 'loads', 'over': '7d'}"
            ) %}
        {% endif %}
        {% if feature.get('name') is not string %}
            {% do milepost.refuse_feature(feature, "no name", "give it a `name`") %}
        {% endif %}
        {% set named = feature.keys() | reject('in', options) | list %}
        {% set aggregate = named | first %}
        {% set is_quantile = modules.re.fullmatch('p[1-9][0-9]?', aggregate | string) is not none %}
        {% if named | length != 1 %}
            {% do milepost.refuse_feature(
                feature,
                "`" ~ named | join('`, `') ~ "`" if named else "no aggregate",
                "give it one of " ~ aggregates | join(', ') ~ ", p1 .. p99"
            ) %}
        {% elif aggregate not in aggregates and not is_quantile %}
            {% do milepost.refuse_feature(
                feature, "the unknown aggregate or option `" ~ aggregate ~ "`",
                "aggregates are " ~ aggregates | join(', ') ~ ", p1 .. p99; options " ~ options | join(', ')
            ) %}
        {% endif %}
        {% set of = modules.re.fullmatch('([a-z][a-z0-9_]*)(?:[.]([a-z][a-z0-9_]*))?', feature[aggregate] | string) %}
        {% if not of %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` of `" ~ feature[aggregate] ~ "`", "write 'facts' or 'facts.column'"
            ) %}
        {% elif of.group(2) is none and aggregate not in ['count', 'newest_at'] %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` of `" ~ feature[aggregate] ~ "`, which names no column",
                "write '" ~ of.group(1) ~ ".column'"
            ) %}
        {% endif %}
        {% for what, name in [('facts', of.group(1)), ('column', of.group(2)), ('id', feature.get('id'))] if name is not none %}
            {% do milepost.check_feature_name(feature, what, name) %}
        {% endfor %}
        {% do labels.setdefault(of.group(1), (labels | length + 1) ~ '_' ~ of.group(1)) %}
        {% set windows = [] %}
        {% for option in ['over', 'last', 'newest_within', 'open_within'] if option in feature %}
            {% do windows.append(option) %}
        {% endfor %}
        {% set is_newest = aggregate in ['newest', 'newest_at'] %}
        {% if windows | length != 1 %}
            {% do milepost.refuse_feature(
                feature, "`" ~ windows | join('` and `') ~ "`" if windows else "no window",
                "give it one of over, last (with within), newest_within, open_within"
            ) %}
        {% elif is_newest != (windows[0] == 'newest_within') %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` with `" ~ windows[0] ~ "`",
                "newest and newest_at take newest_within, and no other aggregate does"
            ) %}
        {% elif windows[0] == 'open_within' and aggregate not in ['count', 'sum', 'mean', 'stddev', 'rate'] %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` with `open_within`", "open facts take count, sum, mean, stddev, rate"
            ) %}
        {% elif 'set_back' in feature and windows[0] != 'over' %}
            {% do milepost.refuse_feature(feature, "`set_back` without `over`", "only `over` is set back") %}
        {% elif ('within' in feature) != (windows[0] == 'last') %}
            {% do milepost.refuse_feature(
                feature, "`last` without `within`, or `within` without `last`",
                "give both: 'last': 50, 'within': '360d'; nothing looks back for ever"
            ) %}
        {% elif windows[0] == 'last' and (feature.last is not integer or feature.last < 1) %}
            {% do milepost.refuse_feature(feature, "`last: " ~ feature.last ~ "`", "give a number of facts above zero") %}
        {% elif (windows[0] == 'last' or aggregate == 'newest') and not feature.get('id') %}
            {% do milepost.refuse_feature(
                feature, "no `id`", "name the facts' id, which orders those that are known at one instant"
            ) %}
        {% endif %}
        {% set decimals = feature.get('decimals', 6) %}
        {% if decimals is not integer or decimals < 0 or decimals > 12 %}
            {% do milepost.refuse_feature(
                feature, "`decimals: " ~ decimals ~ "`", "give a number of digits from 0 to 12"
            ) %}
        {% endif %}
        {% set about = {
            'aggregate': aggregate,
            'facts': of.group(1),
            'value': of.group(2),
            'last': feature.get('last'),
            'id': feature.get('id'),
            'decimals': decimals,
            'label': labels[of.group(1)],
        } %}
        {% set overs = feature[windows[0]] if windows[0] == 'over' else feature.get('within', feature[windows[0]]) %}
        {% set is_list = windows[0] == 'over' and overs is sequence and overs is not string and overs is not mapping %}
        {% if is_list and not overs %}
            {% do milepost.refuse_feature(feature, "an empty `over`", "name one window at least: '28d'") %}
        {% endif %}
        {% for over in (overs if is_list else [overs]) %}
            {% set hours = milepost.window_hours(feature, over, grid) %}
            {% set back_hours = milepost.window_hours(feature, feature.set_back, grid) if 'set_back' in feature else 0 %}
            {% set suffix = '_' ~ over if windows[0] == 'over' else '_last_' ~ feature.last if windows[0] == 'last' else '' %}
            {% set column = feature.name ~ suffix ~ ('_before_' ~ feature.set_back if back_hours else '') %}
            {% do milepost.check_feature_name(feature, 'column', column) %}
            {% if column in keys + ['grid_at'] %}
                {% do milepost.refuse_feature(feature, "the column `" ~ column ~ "`, as every row has", "rename the feature") %}
            {% elif column in parsed | map(attribute='column') | list %}
                {% do milepost.refuse_feature(feature, "the column `" ~ column ~ "`, as another has", "name each once") %}
            {% endif %}
            {% set of_window = dict(
                about,
                column=column,
                is_summed=windows[0] in ['over', 'open_within']
                    and aggregate in ['count', 'rate', 'sum', 'mean', 'stddev', 'distinct'],
                window={'over': 'trailing', 'last': 'last', 'newest_within': 'newest', 'open_within': 'open'}[windows[0]],
                hours=hours,
                back_hours=back_hours,
                look_back_hours=hours + back_hours
            ) %}
            {% do parsed.append(dict(of_window, series=of_window.label ~ '_' ~ milepost.window_name(of_window))) %}
        {% endfor %}
    {% endfor %}
    {{ return(parsed) }}
{% endmacro %}
