{#
    The aggregate of a feature over the facts themselves, in SQL, with the columns of `held_facts`.

    feature: one of a series' `held_features`.
    features: all of them.
#}
{% macro held_aggregate(feature, features) %}
    {% set value, aggregate = feature.value, feature.aggregate %}
    {% set number = milepost.measure_name({'kind': 'number' ~ feature.decimals, 'column': value}) %}
    {% set checked_value = milepost.measure_name({'kind': 'value', 'column': value or 'event_at'}) %}
    {% set sum = 'cast(sum(' ~ number ~ ') as double)' %}
    {% if aggregate.startswith('p') %}
        {% set shares = [] %}
        {% for other in features if other.value == value and other.aggregate.startswith('p') %}
            {% do shares.append(other.aggregate[1:] | int / 100) %}
        {% endfor %}
        {% set share = aggregate[1:] | int / 100 %}
        {{ return(milepost.percentile_of('cast(' ~ checked_value ~ ' as double)', share, shares | unique | sort)) }}
    {% endif %}
    {{ return({
        'count': 'count(' ~ (value or '*') ~ ')',
        'distinct': 'count(distinct ' ~ value ~ ')',
        'rate': 'count(case when ' ~ value ~ ' then 1 end) / nullif(count(' ~ value ~ '), 0)',
        'total': milepost.whole_number('sum(' ~ number ~ ')'),
        'sum': sum,
        'mean': sum ~ ' / nullif(count(' ~ value ~ '), 0)',
        'min': 'min(' ~ checked_value ~ ')',
        'max': 'max(' ~ checked_value ~ ')',
        'newest': 'max(' ~ checked_value ~ ')',
        'newest_at': 'max(' ~ checked_value ~ ')',
        'standing': 'case when count(*) > 1 then '
            ~ milepost.fail(
                "trailing_features: feature `" ~ feature.column ~ "` cannot take `" ~ feature.facts ~ "." ~ value
                ~ "`: two facts of a key stand at an instant\nhint: `standing` is of facts with one version at a time"
            )
            ~ ' else max(' ~ checked_value ~ ') end',
    }[aggregate]) }}
{% endmacro %}
