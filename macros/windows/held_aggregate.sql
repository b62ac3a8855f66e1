{#
    The aggregate of a feature that does not add up, over the facts themselves, in SQL, with the columns of
    `held_facts`.

    feature: one of a series' `held_features`.
    series: as `held_series` gives it.
    is_in_window: what holds of the facts that are in the feature's window, in SQL; none where all are.
    over: the window of rows, in SQL, where the facts are not grouped.
#}
{% macro held_aggregate(feature, series, is_in_window=none, over='') %}
    {% set aggregate = feature.aggregate %}
    {% set value = milepost.measure_name({'kind': 'value', 'column': feature.value or 'event_at'}) %}
    {% if is_in_window %}{% set value = 'case when ' ~ is_in_window ~ ' then ' ~ value ~ ' end' %}{% endif %}
    {% if aggregate.startswith('p') %}
        {% set shares = [] %}
        {% for other in series.held_features if other.series == feature.series and other.value == feature.value and other.aggregate.startswith('p') %}
            {% do shares.append(other.aggregate[1:] | int / 100) %}
        {% endfor %}
        {% set share = aggregate[1:] | int / 100 %}
        {{ return(milepost.percentile_of('cast(' ~ value ~ ' as double)', share, shares | unique | sort, over)) }}
    {% endif %}
    {{ return({
        'distinct': 'count(distinct ' ~ feature.value ~ ')',
        'min': 'min(' ~ value ~ ')' ~ over,
        'max': 'max(' ~ value ~ ')' ~ over,
        'newest': 'max(' ~ value ~ ')',
        'newest_at': 'max(' ~ value ~ ')',
        'standing': 'case when count(*) > 1 then '
            ~ milepost.fail(
                "trailing_features: feature `" ~ feature.column ~ "` cannot take `" ~ feature.facts ~ "." ~ feature.value
                ~ "`: two facts of a key stand at an instant\nhint: `standing` is of facts with one version at a time"
            )
            ~ ' else max(' ~ value ~ ') end',
    }[aggregate]) }}
{% endmacro %}
