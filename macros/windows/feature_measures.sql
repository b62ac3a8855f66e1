{#
    What a feature adds up over the facts, exactly: counts as integers, values as decimals. Nothing
    for an aggregate that is no sum.
#}
{% macro feature_measures(feature) %}
    {% set value = feature.value %}
    {% set number = "cast(" ~ value ~ " as decimal(18, " ~ feature.decimals ~ "))" %}
    {% set digits = '' if feature.decimals == 6 else '_' ~ feature.decimals %}
    {% set known = {
        'facts': {'name': 'facts', 'sql': 'count(*)'},
        'count': {'name': value ~ '_count', 'sql': 'count(' ~ value ~ ')'},
        'trues': {'name': value ~ '_trues', 'sql': 'count(case when ' ~ value ~ ' then 1 end)'},
        'sum': {'name': value ~ digits ~ '_sum', 'sql': 'sum(' ~ number ~ ')'},
        'squares': {'name': value ~ digits ~ '_squares', 'sql': 'sum(' ~ number ~ ' * ' ~ number ~ ')'},
    } %}
    {% set needed = {
        'count': ['count' if value else 'facts'],
        'rate': ['count', 'trues'],
        'sum': ['count', 'sum'],
        'mean': ['count', 'sum'],
        'stddev': ['count', 'sum', 'squares'],
    }.get(feature.aggregate, []) %}
    {% set measures = [] %}
    {% for measure in needed %}{% do measures.append(known[measure]) %}{% endfor %}
    {{ return(measures) }}
{% endmacro %}
