{#
    A feature at an instant, in SQL: from what adds up in its window, or as `held_facts` gives it.

    feature: as `parse_features` gives it.
#}
{% macro feature_value(feature) %}
    {% set names = {} %}
    {% for kind in ['facts', 'count', 'trues', 'distinct', 'sum', 'double'] %}
        {% set digits = feature.decimals if kind in ['sum', 'double'] else '' %}
        {% set measure = {'kind': kind ~ digits, 'column': feature.value} %}
        {% do names.update({kind: milepost.measure_name(measure, feature.series)}) %}
    {% endfor %}
    {% set double = names.double if feature.is_summed else 'cast(' ~ names.sum ~ ' as double)' %}
    {% if feature.aggregate == 'stddev' %}
        {{ return(milepost.stddev_of(feature)) }}
    {% elif not feature.is_summed and not milepost.feature_measures(feature) %}
        {{ return('coalesce(' ~ feature.column ~ ', 0)' if feature.is_count else feature.column) }}
    {% endif %}
    {{ return({
        'count': 'coalesce(' ~ names['count' if feature.value else 'facts'] ~ ', 0)',
        'distinct': 'coalesce(' ~ names.distinct ~ ', 0)',
        'total': milepost.whole_number('coalesce(' ~ names.sum ~ ', 0)'),
        'rate': names.trues ~ ' / nullif(' ~ names['count'] ~ ', 0)',
        'sum': 'case when ' ~ names['count'] ~ ' > 0 then ' ~ double ~ ' end',
        'mean': double ~ ' / nullif(' ~ names['count'] ~ ', 0)',
    }[feature.aggregate]) }}
{% endmacro %}
