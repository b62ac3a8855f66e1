{#
    What changes the balances, and at which grid step: added where stays begin, subtracted where they end. A
    list of `{'relation', 'step', 'where', 'adds'}`, each a select from the stays or from the distinct
    values of a group; `adds` has the columns that it changes, `{column: sql}`.

    groups: as `window_plan` gives them.
#}
{% macro window_changes(groups) %}
    {% set changes = [] %}
    {% for group in groups %}
        {% set stays = 'milepost__stays_' ~ group.name %}
        {% for enters, entering in group.series | groupby('enters') %}
            {% set adds = {} %}
            {% for series in entering %}{% for measure in series.measures %}
                {% do adds.update({
                    milepost.measure_name(measure, series.name):
                        'case when ' ~ series.leaves ~ ' > ' ~ enters ~ ' then ' ~ milepost.measure_name(measure) ~ ' end'
                }) %}
            {% endfor %}{% endfor %}
            {% set ends = entering | map(attribute='leaves') | unique | list %}
            {% set last_end = 'greatest(' ~ ends | join(', ') ~ ')' if ends | length > 1 else ends[0] %}
            {% do changes.append({'relation': stays, 'step': enters, 'where': last_end ~ ' > ' ~ enters, 'adds': adds}) %}
            {% for leaves, leaving in entering | groupby('leaves') %}
                {% set subtracts = {} %}
                {% for series in leaving %}{% for measure in series.measures %}
                    {% do subtracts.update({milepost.measure_name(measure, series.name): '-' ~ milepost.measure_name(measure)}) %}
                {% endfor %}{% endfor %}
                {% do changes.append({'relation': stays, 'step': leaves, 'where': leaves ~ ' > ' ~ enters, 'adds': subtracts}) %}
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
                    'adds': {column: '-milepost__islands'},
                }) %}
            {% endfor %}
            {% do changes.append({'relation': values, 'step': 'milepost__enters_step', 'where': none, 'adds': adds}) %}
        {% endfor %}
    {% endfor %}
    {{ return(changes) }}
{% endmacro %}
