{# The aggregate of a feature over the facts themselves, in SQL, with the columns of `held_facts`. #}
{% macro held_aggregate(feature) %}
    {% set value = feature.value %}
    {% set number = milepost.measure_name({'kind': 'number' ~ feature.decimals, 'column': value}) %}
    {% set checked = milepost.measure_name({'kind': 'value', 'column': value or 'event_at'}) %}
    {% set sum = 'cast(sum(' ~ number ~ ') as double)' %}
    {% set aggregate = feature.aggregate %}
    {% if aggregate.startswith('p') %}
        {{ return("percentile_cont(" ~ aggregate[1:] | int / 100 ~ ") within group (order by cast(" ~ checked ~ " as double))") }}
    {% endif %}
    {{ return({
        'count': 'count(' ~ (value or '*') ~ ')',
        'distinct': 'count(distinct ' ~ value ~ ')',
        'rate': 'count(case when ' ~ value ~ ' then 1 end) / nullif(count(' ~ value ~ '), 0)',
        'sum': sum,
        'mean': sum ~ ' / nullif(count(' ~ value ~ '), 0)',
        'min': 'min(' ~ checked ~ ')',
        'max': 'max(' ~ checked ~ ')',
        'newest': 'max(' ~ checked ~ ')',
        'newest_at': 'max(' ~ checked ~ ')',
    }[aggregate]) }}
{% endmacro %}
