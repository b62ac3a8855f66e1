{#
    What changes the balances, and at which grid step: added where stays begin, subtracted where they end. A
    list of `{'relation', 'step', 'where', 'adds'}`, each a select from the stays or from the distinct
    values of a group; `adds` has the columns that it changes, `{column: sql}`. What is subtracted is `0 - x`: Sail 0.7
    writes a DECIMAL `-x` of another type.

    At the only step of a batch no stays are subtracted: added is what is in the window there. A stay that neither begins nor
    ends there counts as of the step before, so that it alone makes no row of the view.

    plan: as `window_plan` gives it.
#}
{% macro window_changes(plan) %}
    {% set changes, is_one_step = [], plan.only_step is not none %}
    {% for group in plan.groups %}
        {% set stays = 'milepost__stays_' ~ group.name %}
        {% for enters, entering in group.series | groupby('enters') %}
            {% set adds = {} %}
            {% set is_in_at = plan.only_step if is_one_step else enters %}
            {% for series in entering %}{% for measure in series.measures %}
                {% do adds.update({
                    milepost.measure_name(measure, series.name):
                        'case when ' ~ series.leaves ~ ' > ' ~ is_in_at ~ ' then ' ~ milepost.measure_name(measure) ~ ' end'
                }) %}
            {% endfor %}{% endfor %}
            {% set ends = entering | map(attribute='leaves') | unique | list %}
            {% set changes_at = 'greatest(' ~ enters ~ ', case when ' ~ plan.only_step ~ ' in (' ~ ends | join(', ') ~ ') then '
                ~ plan.only_step ~ ' else ' ~ plan.steps.opening ~ ' end)' if is_one_step else enters %}
            {% set last_end = 'greatest(' ~ ends | join(', ') ~ ')' if ends | length > 1 else ends[0] %}
            {% do changes.append({
                'relation': stays,
                'step': changes_at,
                'where': milepost.is_in_window(group, enters, last_end),
                'adds': adds,
            }) %}
            {% set ending = [] if is_one_step else entering | groupby('leaves') %}
            {% for leaves, leaving in ending %}
                {% set subtracts = {} %}
                {% for series in leaving %}{% for measure in series.measures %}
                    {% do subtracts.update({milepost.measure_name(measure, series.name): '0 - ' ~ milepost.measure_name(measure)}) %}
                {% endfor %}{% endfor %}
                {% do changes.append({
                    'relation': stays,
                    'step': leaves,
                    'where': milepost.is_in_window(group, enters, leaves),
                    'adds': subtracts,
                }) %}
            {% endfor %}
        {% endfor %}
        {% for distinct in group.distincts %}
            {% set values, adds = 'milepost__values_' ~ distinct.name, {} %}
            {% for series in distinct.series %}
                {% set column = milepost.measure_name({'kind': 'distinct', 'column': distinct.column}, series.name) %}
                {% set ends_step = 'milepost__ends_' ~ series.reach ~ '_step' %}
                {% do adds.update({column: 'milepost__begins_' ~ series.reach}) %}
                {% do changes.append({
                    'relation': values,
                    'step': ends_step,
                    'where': ends_step ~ ' is not null',
                    'adds': {column: '0 - milepost__islands'},
                }) %}
            {% endfor %}
            {% do changes.append({'relation': values, 'step': 'milepost__enters_step', 'where': none, 'adds': adds}) %}
        {% endfor %}
    {% endfor %}
    {{ return(changes) }}
{% endmacro %}
