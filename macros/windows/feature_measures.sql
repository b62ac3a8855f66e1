{#
    What a feature adds up over the facts, exactly: counts as integers, values as decimals. Nothing
    for an aggregate that is no sum. Each is `{'kind', 'column', 'sql'}`; `sql` aggregates the facts, with
    the columns of `facts_with_numbers`.
#}
{% macro feature_measures(feature) %}
    {% set value = feature.value %}
    {% set decimals = feature.decimals %}
    {% set needed = {
        'count': ['count' if value else 'facts'],
        'rate': ['count', 'trues'],
        'sum': ['count', 'sum'],
        'mean': ['count', 'sum'],
        'stddev': ['count', 'sum', 'low', 'high'],
    }.get(feature.aggregate, []) %}
    {% set measures = [] %}
    {% for kind in needed %}
        {% set is_number = kind in ['sum', 'low', 'high'] %}
        {% set measure = {'kind': kind ~ (decimals if is_number else ''), 'column': value} %}
        {% do measures.append(dict(measure, sql={
            'facts': 'count(*)',
            'count': 'count(' ~ value ~ ')',
            'trues': 'count(case when ' ~ value ~ ' then 1 end)',
        }.get(kind, 'sum(' ~ milepost.measure_name(dict(measure, kind=measure.kind | replace('sum', 'number'))) ~ ')'))) %}
    {% endfor %}
    {{ return(measures) }}
{% endmacro %}
