{#
    A CTE of the stays of a group of facts: what adds up to the same from the same grid steps on, until the
    same grid steps, is one row. One more for each column whose distinct values are counted.

    Where the facts have tiles, only what these do not total stays: the tiles that are superseded, and what all long facts
    add up to, see `facts_with_short_numbers`, which are a CTE before it. A batch lists its long facts beside its short
    stays, where that is not to read all facts twice, see `lists_long_facts`.

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
{%- set numbers = milepost.added_numbers(features) if group.only_superseded or milepost.lists_long_facts() else [] -%}
{%- set sums = 'milepost__short_stays_' ~ group.name if is_batch else 'milepost__tiles_' ~ group.label -%}
{%- set sums_by = stays | list if is_batch else ['milepost__enters_step', 'milepost__superseded_step'] -%}
{%- set keys_and_steps -%}
{{ keys | join(',\n        ') }}
        {%- for step, sql in stays.items() %},
        {{ sql }} as {{ step }}
        {%- endfor %}
{%- endset -%}
{%- set keys_and_their_steps = (keys + stays | list) | join(',\n        ') if is_batch else keys_and_steps -%}
{%- set by_stay = 'group by ' ~ range(1, keys | length + stays | length + 1) | join(', ') -%}
{%- if is_batch -%}
{{ sums if numbers else 'milepost__stays_' ~ group.name }} as (

    select
        {{ keys_and_steps }}
        {%- for column, measure in measures.items() if not (numbers and measure.kind.startswith('high')) %},
        {{ measure.sql }} as {{ column }}
        {%- endfor %},
        {%- if numbers %}
        {{ milepost.listed('milepost__long_fact') }} as milepost__long_facts,
        {%- endif %}
        count(*) as milepost__fact_count
    from {{ (milepost.facts_with_short_numbers if numbers else milepost.facts_with_numbers)('milepost__counted_' ~ group.label, features) | indent }}
    {{ by_stay }}

),
{%- endif %}
{%- if numbers %}
{{- '\n\n' if is_batch }}milepost__long_{{ group.name }} as (

    select
        {{ keys_and_their_steps }}
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
{%- endif %}
{%- if numbers or not is_batch %}
{{- '\n\n' if numbers }}milepost__stays_{{ group.name }} as (

    select
        {{ keys_and_their_steps }}
        {%- for column, measure in measures.items() %}
        {%- set sum = 'null' if measure.kind.startswith('high') else milepost.measure_name(measure, '' if is_batch else group.label) %},
        {{ column if sum == column else milepost.typed(sum, column) ~ ' as ' ~ column }}
        {%- endfor %}
        {%- if is_batch %},
        milepost__fact_count
        {%- endif %}
    from {{ sums }}
    {%- if not is_batch %}
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
    {{ by_stay }}
    {%- endif %}

),
{%- endif %}
{%- for distinct in group.distincts %}

{{ milepost.distinct_stays(distinct, group, keys, steps) }}
{%- endfor %}
{%- endmacro %}

{#
    Whether a batch lists its long facts, and adds the short ones alone. Sail and Spark compute a CTE for each time that it
    is read, so they would read all facts once more for the list.
#}
{% macro lists_long_facts() %}
    {{ return(adapter.dispatch('lists_long_facts', 'milepost')()) }}
{% endmacro %}

{% macro default__lists_long_facts() %}
    {{ return(false) }}
{% endmacro %}

{% macro duckdb__lists_long_facts() %}
    {{ return(true) }}
{% endmacro %}
