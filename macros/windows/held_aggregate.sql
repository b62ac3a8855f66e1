{# The aggregate of a feature over the facts themselves, in SQL. #}
{% macro held_aggregate(feature) %}
    {% set value = feature.value %}
    {% set number = "cast(" ~ value ~ " as decimal(18, " ~ feature.decimals ~ "))" %}
    {% set sum = 'cast(sum(' ~ number ~ ') as double)' %}
    {% set aggregate = feature.aggregate %}
    {% if aggregate.startswith('p') %}
        {{ return("percentile_cont(" ~ aggregate[1:] | int / 100 ~ ") within group (order by cast(" ~ value ~ " as double))") }}
    {% endif %}
    {{ return({
        'count': 'count(' ~ (value or '*') ~ ')',
        'distinct': 'count(distinct ' ~ value ~ ')',
        'rate': 'count(case when ' ~ value ~ ' then 1 end) / nullif(count(' ~ value ~ '), 0)',
        'sum': sum,
        'mean': sum ~ ' / nullif(count(' ~ value ~ '), 0)',
        'stddev': milepost.stddev_of('count(' ~ value ~ ')', sum, 'cast(sum(' ~ number ~ ' * ' ~ number ~ ') as double)'),
        'min': 'min(' ~ value ~ ')',
        'max': 'max(' ~ value ~ ')',
        'newest': 'max(' ~ value ~ ')',
        'newest_at': 'max(event_at)',
    }[aggregate]) }}
{% endmacro %}
