{#
    What is totalled of the facts of some series, `{name: sql}`: their measures, and for each window
    the distinct values that come (`_begun_<length>`) and go (`_ended_<length>`) with a tile.
#}
{% macro totalled_measures(facts, all_series) %}
    {% set measures = {} %}
    {% for series in all_series %}
        {% for measure in series.measures %}
            {% do measures.update({facts ~ '__' ~ measure.name: measure.sql}) %}
        {% endfor %}
        {% set length = series.reach - series.back %}
        {% for column in series.distincts %}
            {% set counted = "count(case when " ~ column ~ " is not null and " ~ column ~ "_corrections = 0 and coalesce(" %}
            {% do measures.update({
                facts ~ '__' ~ column ~ '_begun_' ~ length:
                    counted ~ column ~ "_before + " ~ length ~ " < enters_at, true) then 1 end)",
                facts ~ '__' ~ column ~ '_ended_' ~ length:
                    counted ~ column ~ "_after > enters_at + " ~ length ~ ", true) then 1 end)",
            }) %}
        {% endfor %}
    {% endfor %}
    {{ return(measures) }}
{% endmacro %}
