{#
    What is totalled of the facts of some series, `{name: sql}`: their measures, and for each window
    the distinct values that come (`begun<length>`) and go (`ended<length>`) with a tile.
#}
{% macro totalled_measures(all_series) %}
    {% set measures = {} %}
    {% for series in all_series %}
        {% for measure in series.measures %}
            {% do measures.update({milepost.measure_name(measure, series.label): measure.sql}) %}
        {% endfor %}
        {% set length = series.reach - series.back %}
        {% for column in series.distincts %}
            {% set counted = "count(case when " ~ column ~ " is not null and milepost__corrections_" ~ column ~ " = 0 and coalesce(" %}
            {% do measures.update({
                milepost.measure_name({'kind': 'begun' ~ length, 'column': column}, series.label):
                    counted ~ "milepost__before_" ~ column ~ " + " ~ length ~ " < milepost__enters_at, true) then 1 end)",
                milepost.measure_name({'kind': 'ended' ~ length, 'column': column}, series.label):
                    counted ~ "milepost__after_" ~ column ~ " > milepost__enters_at + " ~ length ~ ", true) then 1 end)",
            }) %}
        {% endfor %}
    {% endfor %}
    {{ return(measures) }}
{% endmacro %}
