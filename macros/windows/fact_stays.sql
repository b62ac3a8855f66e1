{#
    A CTE of the stays of a group of facts: what adds up to the same from the same grid steps on, until the
    same grid steps, is one row. One more for each column whose distinct values are counted.

    group: as `window_plan` gives it.
    steps: as `batch_steps` gives them.
#}
{% macro fact_stays(group, keys, steps) -%}
{%- set stays, measures = {}, {} -%}
{%- for series in group.series -%}
    {%- set stay = milepost.stay(series, steps) -%}
    {%- do stays.update({series.enters: stay.enters_step, series.leaves: stay.leaves_step}) -%}
    {%- for measure in series.measures -%}
        {%- set column = milepost.measure_name(measure) -%}
        {%- do measures.update({column: milepost.measure_name(measure, group.label) if group.only_superseded else measure.sql}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set features = group.series | map(attribute='features') | sum(start=[]) | selectattr('is_summed') | list -%}
milepost__stays_{{ group.name }} as (

    select
        {{ keys | join(',\n        ') }}
        {%- for step, sql in stays.items() %},
        {{ sql }} as {{ step }}
        {%- endfor %}
        {%- for column, sql in measures.items() %},
        {{ sql }} as {{ column }}
        {%- endfor %}
    {%- if group.only_superseded %}
    from milepost__tiles_{{ group.label }}
    where milepost__superseded_step is not null
    {%- else %},
        count(*) as milepost__fact_count
    from {{ milepost.facts_with_numbers('milepost__counted_' ~ group.label, features) | indent }}
    group by {{ range(1, keys | length + stays | length + 1) | join(', ') }}
    {%- endif %}

),
{%- for distinct in group.distincts %}

{{ milepost.distinct_stays(distinct, group, keys, steps) }}
{%- endfor %}
{%- endmacro %}
