{#
    What a feature adds up over the facts, exactly: counts as integers, values as decimals. Nothing
    for an aggregate that is no sum. Each is `{'kind', 'column', 'sql'}`; `sql` aggregates the facts, with
    the columns of `facts_with_numbers`.

    feature: as `parse_features` gives it.
#}
{% macro feature_measures(feature) %}
    {% set value = feature.value %}
    {% set kinds = {
        'count': ['count' if value else 'facts'],
        'rate': ['count', 'trues'],
        'total': ['sum'],
        'sum': ['count', 'sum'],
        'mean': ['count', 'sum'],
        'stddev': ['count', 'sum', 'low', 'high'],
    }.get(feature.aggregate, []) %}
    {% set measures = [] %}
    {% for kind in kinds %}
        {% set digits = feature.decimals if kind in ['sum', 'low', 'high'] else '' %}
        {% set number_kind = 'number' if kind == 'sum' else kind %}
        {% set number = milepost.measure_name({'kind': number_kind ~ digits, 'column': value}) %}
        {% do measures.append({
            'kind': kind ~ digits,
            'column': value,
            'sql': {
                'facts': 'count(*)',
                'count': 'count(' ~ value ~ ')',
                'trues': 'count(case when ' ~ value ~ ' then 1 end)',
            }.get(kind, 'sum(' ~ number ~ ')'),
        }) %}
    {% endfor %}
    {{ return(measures) }}
{% endmacro %}
