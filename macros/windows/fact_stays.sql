{#
    CTEs of the stays of a group of facts: what adds up to the same from the same grid steps on, until the same grid
    steps, is one row, and what its long facts add up to is another, see `facts_with_short_numbers`.
    One more CTE for each column whose distinct values are counted.

    Where the facts have tiles, only what these do not total stays: the tiles that are superseded, and all long facts.

    group: as `window_plan` gives it.
    steps: as `batch_steps` gives them.
#}
{% macro fact_stays(group, keys, steps) -%}
{%- set stays, measures = {}, {} -%}
{%- for series in group.series -%}
    {%- set stay = milepost.stay(series, steps) -%}
    {#- A long value that is not superseded is there, which no fact of a tile that stays is. -#}
    {%- set leaves_step = 'milepost__superseded_step' if group.only_superseded and series.window == 'standing' else stay.leaves_step -%}
    {%- do stays.update({series.enters: stay.enters_step, series.leaves: leaves_step}) -%}
    {%- for measure in series.measures -%}
        {%- do measures.update({milepost.measure_name(measure): measure}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set features = group.series | map(attribute='features') | sum(start=[]) | selectattr('is_summed') | list -%}
{%- set numbers = milepost.added_numbers(features) -%}
{%- set sums = 'milepost__tiles_' ~ group.label if group.only_superseded else 'milepost__short_stays_' ~ group.name -%}
{%- set sums_by = ['milepost__enters_step', 'milepost__superseded_step'] if group.only_superseded else stays | list -%}
{%- if not group.only_superseded -%}
{{ sums }} as (

    select
        {{ keys | join(',\n        ') }}
        {%- for step, sql in stays.items() %},
        {{ sql }} as {{ step }}
        {%- endfor %}
        {%- for column, measure in measures.items() if not measure.kind.startswith('high') %},
        {{ measure.sql }} as {{ column }}
        {%- endfor %},
        count(*) as milepost__fact_count
        {%- if numbers %},
        {{ milepost.listed('milepost__long_fact') }} as milepost__long_facts
        {%- endif %}
    from {{ milepost.facts_with_short_numbers('milepost__counted_' ~ group.label, features) | indent }}
    group by {{ range(1, keys | length + stays | length + 1) | join(', ') }}

),

{% endif -%}
{%- set keys_and_steps -%}
{{ keys | join(',\n        ') }}
        {%- for step, sql in stays.items() %},
        {{ sql ~ ' as ' ~ step if group.only_superseded else step }}
        {%- endfor %}
{%- endset -%}
{%- if numbers -%}
milepost__long_{{ group.name }} as (

    select
        {{ keys_and_steps }}
        {%- for value in numbers | map(attribute='feature.value') | unique if value not in keys %},
        milepost__long_fact.{{ milepost.measure_name({'kind': 'value', 'column': value}) }} as {{ value }}
        {%- endfor %}
    from (
        select
            {{ (keys + sums_by) | join(',\n            ') }},
            {{ milepost.each_listed('milepost__long_facts') }} as milepost__long_fact
        from {{ sums }}
        where milepost__long_facts is not null
    ) as milepost__listed_facts

),

{% endif -%}
milepost__stays_{{ group.name }} as (

    select
        {{ keys_and_steps }}
        {%- for column, measure in measures.items() %}
        {%- set sum = milepost.measure_name(measure, group.label if group.only_superseded else '') %},
        {{ milepost.typed('null' if measure.kind.startswith('high') else sum, column) }} as {{ column }}
        {%- endfor %}
        {%- if not group.only_superseded %},
        milepost__fact_count
        {%- endif %}
    from {{ sums }}
    {%- if group.only_superseded %}
    where milepost__superseded_step is not null
    {%- endif %}
    {%- if numbers %}

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
