{#
    The sample standard deviation of a feature from what is added up in its window, in SQL; null below two.

    The sum of squares less that of the mean loses the digits that both share. Where it loses three or
    more, they are subtracted as decimals, and where these do not hold them, the squares are taken anew
    about the mean, exactly: about `part * 10^12` last digits, from which the values are `left` in sum, and
    then about the whole `mean` of what is left. Less than one last digit lies between that and the mean;
    what this takes away is at most half. So the result has an error below 1e-12. `high`, `low` and the
    units are those of `facts_with_numbers`.

    feature: as `parse_features` gives it.
#}
{% macro stddev_of(feature) %}
    {% set names = {} %}
    {% for kind in ['count', 'sum', 'low', 'high', 'double', 'squares'] %}
        {% set digits = feature.decimals if kind != 'count' else '' %}
        {% do names.update({kind: milepost.measure_name({'kind': kind ~ digits, 'column': feature.value}, feature.series)}) %}
    {% endfor %}
    {% do names.update({'high': 'coalesce(' ~ names.high ~ ', 0)'}) %}
    {% set count, double_unit = names['count'], '1e' ~ (12 - feature.decimals) %}
    {% set unit, double_square = 'cast(' ~ double_unit ~ ' as decimal(19, 0))', '1e' ~ (24 - 2 * feature.decimals) %}
    {% set parts = [
        ('part', 'cast(' ~ names.double ~ ' / ' ~ count ~ ' / ' ~ double_unit ~ ' as decimal(38, 0))'),
        ('left', names.sum ~ ' - ' ~ count ~ ' * milepost__part * ' ~ unit),
        ('mean', 'cast(cast(milepost__left as double) / ' ~ count ~ ' as decimal(19, ' ~ feature.decimals ~ '))'),
        ('cross', 'cast(milepost__part * milepost__left * 2 / ' ~ double_unit ~ ' as decimal(38, 0))'),
        ('below', names.low ~ ' - (milepost__part * milepost__left * 2 - milepost__cross * ' ~ unit ~ ') * ' ~ unit
            ~ ' - milepost__mean * (milepost__left * 2 - ' ~ count ~ ' * milepost__mean)'),
        ('carried', 'cast(cast(milepost__below as double) / ' ~ double_square ~ ' as decimal(38, 0))'),
    ] %}
    {% set above = names.high ~ ' - ' ~ count ~ ' * milepost__part * milepost__part - milepost__cross + milepost__carried' %}
    {% set exact = {'sql':
        'cast(' ~ above ~ ' as double) * ' ~ double_square
        ~ ' + cast(milepost__below - milepost__carried * ' ~ unit ~ ' * ' ~ unit ~ ' as double)'
        ~ ' - pow(cast(milepost__left - ' ~ count ~ ' * milepost__mean as double), 2) / ' ~ count
    } %}
    {% for name, sql in parts | reverse %}
        {% do exact.update({'sql': milepost.let('milepost__' ~ name, sql, exact.sql)}) %}
    {% endfor %}
    {% set rough = names.squares ~ ' - ' ~ names.double ~ ' * ' ~ names.double ~ ' / ' ~ count %}
    {% set short = 'cast(' ~ count ~ ' * ' ~ names.low ~ ' - ' ~ names.sum ~ ' * ' ~ names.sum ~ ' as double) / ' ~ count %}
    {% set is_short = names.high ~ ' = 0 and ' ~ count ~ ' * ' ~ names.squares ~ ' < 1e' ~ (37 - 2 * feature.decimals) %}
    {{ return(
        'case when ' ~ count ~ ' > 1 then sqrt(case when ' ~ rough ~ ' > ' ~ names.squares ~ ' * 1e-3 then ' ~ rough
        ~ ' when ' ~ is_short ~ ' then ' ~ short ~ ' else greatest(0, ' ~ exact.sql ~ ') end / (' ~ count ~ ' - 1)) end'
    ) }}
{% endmacro %}
