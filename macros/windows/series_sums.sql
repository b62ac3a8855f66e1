{#
    What is added up of a series: its measures, and the number of distinct values in each of its columns.
    Each sum is `{'column', 'is_totalled', 'enters', 'leaves', 'difference', 'tiles'}`:

    column: its name among the balances and the instants
    is_totalled: whether it is a difference of two totals. The high part of squares is not: only long
        facts have one, and these change the balances instead.
    enters, leaves: the columns of the totals whose difference it is. What enters a window and what
        leaves it is the same for a measure. A distinct value enters with the first of its facts and
        leaves with the last, so that both are counted.
    difference: what this difference is called
    tiles: these columns in SQL, `{column: sql}`, as an aggregate of the facts of a tile; distinct values have none where
        they are not totalled

    series: as `window_series` gives it.
#}
{% macro series_sums(series) %}
    {% set sums = [] %}
    {% for measure in series.measures %}
        {% set tile = milepost.measure_name(measure, series.label) %}
        {% do sums.append({
            'column': milepost.measure_name(measure, series.name),
            'is_totalled': series.is_totalled and not measure.kind.startswith('high'),
            'enters': tile,
            'leaves': tile,
            'difference': milepost.measure_name(measure, series.name),
            'tiles': {tile: measure.sql},
        }) %}
    {% endfor %}
    {% set length = series.reach - series.back %}
    {% for column in series.distincts %}
        {% set begun = milepost.measure_name({'kind': 'begun' ~ length, 'column': column}, series.label) %}
        {% set ended = milepost.measure_name({'kind': 'ended' ~ length, 'column': column}, series.label) %}
        {% set count = 'count(case when ' ~ column ~ ' is not null and milepost__corrections_' ~ column ~ ' = 0 and coalesce(' %}
        {% do sums.append({
            'column': milepost.measure_name({'kind': 'distinct', 'column': column}, series.name),
            'is_totalled': series.is_totalled,
            'enters': begun,
            'leaves': ended,
            'difference': milepost.measure_name({'kind': 'distinct', 'column': column}, series.name),
            'tiles': {
                begun: count ~ 'milepost__before_' ~ column ~ '_step + ' ~ length ~ ' < milepost__enters_step, true) then 1 end)',
                ended: count ~ 'milepost__after_' ~ column ~ '_step > milepost__enters_step + ' ~ length ~ ', true) then 1 end)',
            } if series.is_totalled else {},
        }) %}
    {% endfor %}
    {{ return(sums) }}
{% endmacro %}
