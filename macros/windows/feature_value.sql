{# A feature from what is added up in its window, in SQL. #}
{% macro feature_value(feature) %}
    {% set of = feature.facts ~ '_' ~ milepost.window_name(feature) ~ '__' %}
    {% set value = of ~ feature.value %}
    {% set added = value ~ ('' if feature.decimals == 6 else '_' ~ feature.decimals) %}
    {% set count, trues = value ~ '_count', value ~ '_trues' %}
    {% set sum, squares = added ~ '_sum', added ~ '_squares' %}
    {{ return({
        'count': 'coalesce(' ~ (count if feature.value else of ~ 'facts') ~ ', 0)',
        'distinct': 'coalesce(' ~ value ~ '_distinct, 0)',
        'rate': trues ~ ' / nullif(' ~ count ~ ', 0)',
        'sum': 'case when ' ~ count ~ ' > 0 then cast(' ~ sum ~ ' as double) end',
        'mean': 'cast(' ~ sum ~ ' as double) / nullif(' ~ count ~ ', 0)',
        'stddev': milepost.stddev_of(count, 'cast(' ~ sum ~ ' as double)', 'cast(' ~ squares ~ ' as double)'),
    }[feature.aggregate]) }}
{% endmacro %}
