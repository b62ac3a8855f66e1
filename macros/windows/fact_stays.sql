{#
    A CTE of the stays of a group of facts: what adds up to the same from the same grid steps on, until the
    same grid steps, is one row. One more for each column whose distinct values are counted.

    Where the facts have tiles, only what these do not total stays: the tiles that are superseded, and what all long facts
    add up to, see `facts_with_short_numbers`, which are a CTE before it. A batch adds its short facts alone, and then its
    long ones, where its facts are read twice at little cost, see `adds_short_facts_alone`. So does a build in full with
    facts that have no tiles, such as open ones.

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
{%- set is_batch = not group.only_superseded -%}
{%- set numbers = milepost.added_numbers(features) if group.only_superseded or milepost.adds_short_facts_alone() else [] -%}
{%- set keys_and_steps -%}
{{ keys | join(',\n        ') }}
        {%- for step, sql in stays.items() %},
        {{ sql }} as {{ step }}
        {%- endfor %}
{%- endset -%}
{%- if numbers and is_batch -%}
milepost__long_{{ group.name }} as (

    select
        {{ keys_and_steps }}
        {%- for value in numbers | map(attribute='feature.value') | unique if value not in keys %},
        {{ value }}
        {%- endfor %}
    from milepost__counted_{{ group.label }}
    where
        {%- for number in numbers %}
        {{ 'or ' if not loop.first }}{{ milepost.is_long_number(number) }}
        {%- endfor %}

),

{% elif numbers -%}
milepost__long_{{ group.name }} as (

    select
        {{ keys_and_steps }}
        {%- for value in numbers | map(attribute='feature.value') | unique if value not in keys %},
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
        {%- if is_batch %}
        {%- for column, measure in measures.items() %},
        {{ milepost.typed('null', column) if numbers and measure.kind.startswith('high') else measure.sql }} as {{ column }}
        {%- endfor %},
        count(*) as milepost__fact_count
    from {{ (milepost.facts_with_short_numbers if numbers else milepost.facts_with_numbers)('milepost__counted_' ~ group.label, features) | indent }}
    group by {{ range(1, keys | length + stays | length + 1) | join(', ') }}
    {%- else %}
        {%- for column, measure in measures.items() %}
        {%- set sum = 'null' if measure.kind.startswith('high') else milepost.measure_name(measure, group.label) %},
        {{ milepost.typed(sum, column) }} as {{ column }}
        {%- endfor %}
    from milepost__tiles_{{ group.label }}
    where milepost__superseded_step is not null
    {%- endif %}
    {%- if numbers %}

    union all

    select
        {{ (keys + stays | list) | join(',\n        ') }}
        {%- for column, measure in measures.items() %},
        {{ milepost.typed('null' if milepost.measure_type(column) == 'bigint' else measure.sql, column) }} as {{ column }}
        {%- endfor %}
        {%- if is_batch %},
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

{#
    Whether a batch adds its short facts alone, and then its long ones. Sail and Spark compute a CTE for each time that it
    is read, and would read the files of all facts twice.
#}
{% macro adds_short_facts_alone() %}
    {{ return(adapter.dispatch('adds_short_facts_alone', 'milepost')()) }}
{% endmacro %}

{% macro default__adds_short_facts_alone() %}
    {{ return(false) }}
{% endmacro %}

{% macro duckdb__adds_short_facts_alone() %}
    {{ return(true) }}
{% endmacro %}
