{# A feature from what is added up in its window, in SQL. #}
{% macro feature_value(feature) %}
    {% set names = {} %}
    {% for kind in ['facts', 'count', 'trues', 'distinct', 'sum'] %}
        {% set digits = feature.decimals if kind == 'sum' else '' %}
        {% set measure = {'kind': kind ~ digits, 'column': feature.value} %}
        {% do names.update({kind: milepost.measure_name(measure, feature.series)}) %}
    {% endfor %}
    {{ return({
        'count': 'coalesce(' ~ names['count' if feature.value else 'facts'] ~ ', 0)',
        'distinct': 'coalesce(' ~ names.distinct ~ ', 0)',
        'rate': names.trues ~ ' / nullif(' ~ names['count'] ~ ', 0)',
        'sum': 'case when ' ~ names['count'] ~ ' > 0 then cast(' ~ names.sum ~ ' as double) end',
        'mean': 'cast(' ~ names.sum ~ ' as double) / nullif(' ~ names['count'] ~ ', 0)',
        'stddev': milepost.stddev_of(feature),
    }[feature.aggregate]) }}
{% endmacro %}
