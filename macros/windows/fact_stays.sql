{#
    A CTE of the stays of a group of facts: what adds up to the same from the same grid steps on, until the
    same grid steps, is one row, or one row for each of its tiles. One more for each column whose distinct values are counted.

    Where the facts are totalled, only what these totals leave out stays: the tiles that are superseded, and what all long facts
    add up to, see `facts_with_short_numbers`, which are a CTE before it.

    group: as `window_plan` gives it.
    steps: as `batch_steps` gives them.
#}
{% macro fact_stays(group, keys, steps) -%}
{%- set stays, measures = {}, {} -%}
{%- for series in group.series -%}
    {%- set stay = milepost.stay(series, steps) -%}
    {#- A long fact that is not superseded is there, which no tile that stays is. -#}
    {%- set leaves_step = 'milepost__superseded_step' if group.only_superseded and series.window == 'standing' else stay.leaves_step -%}
    {%- do stays.update({series.enters: stay.enters_step, series.leaves: leaves_step}) -%}
    {%- for measure in series.measures -%}
        {%- do measures.update({milepost.measure_name(measure): measure}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set features = group.series | map(attribute='features') | sum(start=[]) | selectattr('is_summed') | list -%}
{%- set has_long_facts = group.has_tiles and milepost.added_numbers(features) -%}
{%- set keys_and_steps -%}
{{ keys | join(',\n        ') }}
        {%- for step, sql in stays.items() %},
        {{ sql }} as {{ step }}
        {%- endfor %}
{%- endset -%}
{%- if has_long_facts -%}
milepost__long_{{ group.name }} as (

    select
        {{ keys_and_steps }}
        {%- for value in milepost.added_numbers(features) | map(attribute='feature.value') | unique if value not in keys %},
        milepost__long_fact.{{ milepost.measure_name({'kind': 'value', 'column': value}) }} as {{ value }}
        {%- endfor %}
    from (
        select
            {{ keys | join(',\n            ') }},
            milepost__enters_step,
            milepost__superseded_step,
            {{ milepost.each_listed('milepost__long_facts') }} as milepost__long_fact
        from milepost__tiles_{{ group.label }}
        where milepost__long_facts is not null
    ) as milepost__listed_facts

),

{% endif -%}
milepost__stays_{{ group.name }} as (

    select
        {{ keys_and_steps }}
        {%- if group.has_tiles %}
        {%- for column, measure in measures.items() %}
        {%- set sum = 'null' if measure.kind.startswith('high') else milepost.measure_name(measure, group.label) %},
        {{ milepost.typed(sum, column) }} as {{ column }}
        {%- endfor %}
        {%- if not group.only_superseded %},
        milepost__fact_count
        {%- endif %}
    from milepost__tiles_{{ group.label }}
        {%- if group.only_superseded %}
    where milepost__superseded_step is not null
        {%- endif %}
    {%- else %}
        {%- for column, measure in measures.items() %},
        {{ measure.sql }} as {{ column }}
        {%- endfor %},
        count(*) as milepost__fact_count
    from {{ milepost.facts_with_numbers('milepost__counted_' ~ group.label, features) | indent }}
    group by {{ range(1, keys | length + stays | length + 1) | join(', ') }}
    {%- endif %}
    {%- if has_long_facts %}

    union all

    select
        {{ (keys + stays | list) | join(',\n        ') }}
        {%- for column, measure in measures.items() %},
        {{ milepost.typed('null' if milepost.measure_type(column) == 'bigint' else measure.sql, column) }} as {{ column }}
        {%- endfor %}
        {%- if not group.only_superseded %},
        count(*) as milepost__fact_count
        {%- endif %}
    from {{ milepost.facts_with_numbers('milepost__long_' ~ group.name, features) | indent }}
    group by {{ range(1, keys | length + stays | length + 1) | join(', ') }}
    {%- endif %}

),
{%- for distinct in group.distincts %}

{{ milepost.distinct_stays(distinct, group, keys, steps) }}
{%- endfor %}
{%- endmacro %}
