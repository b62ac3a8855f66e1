{#
    The features of `trailing_features`, checked, one mapping for each column of the result:
    name, column, aggregate, facts, value (none: the facts themselves), window ('trailing', 'last',
    'newest', 'open', 'standing'), is_summed (whether it is found by adding what enters its window and subtracting what
    leaves; otherwise `held_facts` aggregates the facts in it), is_count (whether it is 0 without facts),
    hours, back_hours, last, id, decimals, look_back_hours, label (the facts' name, numbered), series (the
    facts and the window), at_least (as `enough_counts` gives it).
#}
{% macro parse_features(features, keys, grid) %}
    {% set aggregates = ['count', 'distinct', 'total', 'sum', 'mean', 'stddev', 'min', 'max', 'rate', 'newest', 'newest_at', 'standing'] %}
    {% set options = ['name', 'over', 'set_back', 'last', 'within', 'newest_within', 'open_within', 'at_least', 'id', 'decimals'] %}
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
        {% set other_words = feature.keys() | reject('in', options) | list %}
        {% set aggregate = other_words | first %}
        {% set is_quantile = modules.re.fullmatch('p[1-9][0-9]?', aggregate | string) is not none %}
        {% if other_words | length != 1 %}
            {% do milepost.refuse_feature(
                feature,
                "`" ~ other_words | join('`, `') ~ "`" if other_words else "no aggregate",
                "give it one of " ~ aggregates | join(', ') ~ ", p1 .. p99"
            ) %}
        {% elif aggregate not in aggregates and not is_quantile %}
            {% do milepost.refuse_feature(
                feature, "the unknown aggregate or option `" ~ aggregate ~ "`",
                "aggregates are " ~ aggregates | join(', ') ~ ", p1 .. p99; options " ~ options | join(', ')
            ) %}
        {% endif %}
        {% set source = modules.re.fullmatch('([a-z][a-z0-9_]*)(?:[.]([a-z][a-z0-9_]*))?', feature[aggregate] | string) %}
        {% if not source %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` of `" ~ feature[aggregate] ~ "`", "write 'facts' or 'facts.column'"
            ) %}
        {% elif source.group(2) is none and aggregate not in ['count', 'newest_at'] %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` of `" ~ feature[aggregate] ~ "`, which names no column",
                "write '" ~ source.group(1) ~ ".column'"
            ) %}
        {% endif %}
        {% set facts, value = source.group(1), source.group(2) %}
        {% for kind, name in [('facts', facts), ('column', value), ('id', feature.get('id'))] if name is not none %}
            {% do milepost.check_feature_name(feature, kind, name) %}
        {% endfor %}
        {% do labels.setdefault(facts, (labels | length + 1) ~ '_' ~ facts) %}
        {% set windows = [] %}
        {% for option in ['over', 'last', 'newest_within', 'open_within'] if option in feature %}
            {% do windows.append(option) %}
        {% endfor %}
        {% set window = windows | first %}
        {% set is_newest = aggregate in ['newest', 'newest_at'] %}
        {% if aggregate == 'standing' and windows %}
            {% do milepost.refuse_feature(
                feature, "`standing` with `" ~ window ~ "`", "a fact stands until it is superseded; leave the window out"
            ) %}
        {% elif windows | length != 1 and aggregate != 'standing' %}
            {% do milepost.refuse_feature(
                feature, "`" ~ windows | join('` and `') ~ "`" if windows else "no window",
                "give it one of over, last (with within), newest_within, open_within"
            ) %}
        {% elif is_newest != (window == 'newest_within') %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` with `" ~ window ~ "`",
                "newest and newest_at take newest_within, and no other aggregate does"
            ) %}
        {% elif window == 'open_within' and aggregate not in ['count', 'total', 'sum', 'mean', 'stddev', 'rate'] %}
            {% do milepost.refuse_feature(
                feature, "`" ~ aggregate ~ "` with `open_within`", "open facts take count, total, sum, mean, stddev, rate"
            ) %}
        {% elif 'set_back' in feature and window != 'over' %}
            {% do milepost.refuse_feature(feature, "`set_back` without `over`", "only `over` is set back") %}
        {% elif ('within' in feature) != (window == 'last') %}
            {% do milepost.refuse_feature(
                feature, "`last` without `within`, or `within` without `last`",
                "give both: 'last': 50, 'within': '360d'; nothing looks back for ever"
            ) %}
        {% elif window == 'last' and (feature.last is not integer or feature.last < 1) %}
            {% do milepost.refuse_feature(feature, "`last: " ~ feature.last ~ "`", "give a number of facts above zero") %}
        {% elif (window == 'last' or aggregate == 'newest') and not feature.get('id') %}
            {% do milepost.refuse_feature(
                feature, "no `id`", "name the facts' id, which orders those that are known at one instant"
            ) %}
        {% elif aggregate == 'total' and 'decimals' in feature %}
            {% do milepost.refuse_feature(feature, "`decimals` with `total`", "a total is of whole numbers; `sum` takes decimals") %}
        {% endif %}
        {% set decimals = 0 if aggregate == 'total' else feature.get('decimals', 6) %}
        {% if decimals is not integer or decimals < 0 or decimals > 12 %}
            {% do milepost.refuse_feature(
                feature, "`decimals: " ~ decimals ~ "`", "give a number of digits from 0 to 12"
            ) %}
        {% endif %}
        {% set lengths = feature[window] if window == 'over' else feature.get('within', feature[window]) %}
        {% set is_list = window == 'over' and lengths is sequence and lengths is not string and lengths is not mapping %}
        {% if is_list and not lengths %}
            {% do milepost.refuse_feature(feature, "an empty `over`", "name one window at least: '28d'") %}
        {% endif %}
        {% for length in (lengths if is_list else [lengths]) %}
            {% set hours = 0 if aggregate == 'standing' else milepost.window_hours(feature, length, grid) %}
            {% set back_hours = milepost.window_hours(feature, feature.set_back, grid) if 'set_back' in feature else 0 %}
            {% set suffix = '_' ~ length if window == 'over' else '_last_' ~ feature.last if window == 'last' else '' %}
            {% set column = feature.name ~ suffix ~ ('_before_' ~ feature.set_back if back_hours else '') %}
            {% do milepost.check_feature_name(feature, 'column', column) %}
            {% if column in keys + ['available_at'] %}
                {% do milepost.refuse_feature(feature, "the column `" ~ column ~ "`, as every row has", "rename the feature") %}
            {% elif column in parsed | map(attribute='column') | list %}
                {% do milepost.refuse_feature(feature, "the column `" ~ column ~ "`, as another has", "name each once") %}
            {% endif %}
            {% set parsed_feature = {
                'name': feature.name,
                'column': column,
                'aggregate': aggregate,
                'facts': facts,
                'value': value,
                'window': {
                    'over': 'trailing',
                    'last': 'last',
                    'newest_within': 'newest',
                    'open_within': 'open',
                }.get(window, 'standing'),
                'is_summed': window in ['over', 'open_within']
                    and aggregate in ['count', 'rate', 'total', 'sum', 'mean', 'stddev', 'distinct'],
                'is_count': aggregate in ['count', 'distinct', 'total'],
                'hours': hours,
                'back_hours': back_hours,
                'look_back_hours': hours + back_hours,
                'last': feature.get('last'),
                'id': feature.get('id'),
                'decimals': decimals,
                'label': labels[facts],
            } %}
            {% do parsed_feature.update({'series': labels[facts] ~ '_' ~ milepost.window_name(parsed_feature)}) %}
            {% do parsed.append(parsed_feature) %}
        {% endfor %}
    {% endfor %}
    {% for feature in features if 'at_least' in feature %}
        {% for parsed_feature in parsed if parsed_feature.name == feature.name %}
            {% do parsed_feature.update({'at_least': milepost.enough_counts(feature, parsed_feature, parsed)}) %}
        {% endfor %}
    {% endfor %}
    {{ return(parsed) }}
{% endmacro %}
