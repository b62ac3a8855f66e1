{#
    The balances of some series at each grid step at which a fact enters or leaves one of them: what
    is in the window then, by the measures' names.

    What is a sum is added where stays begin, subtracted where they end, and runs along the key. With a
    batch, what is in a window from before it is one opening balance for each key, at the step before.

    groups: one for each facts relation and its kind of window, `{'name', 'label', 'series', 'superseded_only'}`.
    summed: the columns, in their order.
#}
{% macro window_changes(groups, summed, keys, steps) -%}
{%- set branches = [] -%}
{%- for group in groups -%}
{%- set all_stays = {} -%}
{%- set measures = {} -%}
{%- for series in group.series -%}
    {%- set stay = milepost.stay(series, steps) -%}
    {%- set enters = 'milepost__' ~ ('opens_at' if series.window == 'open' else 'enters_' ~ series.back) -%}
    {%- set leaves = 'milepost__' ~ ('closes_' if series.window == 'open' else 'leaves_') ~ series.reach -%}
    {%- do all_stays.update({enters: stay.enters_at, leaves: stay.leaves_at}) -%}
    {%- do series.update({'enters': enters, 'leaves': leaves}) -%}
    {%- for measure in series.measures -%}{%- do measures.update({milepost.measure_name(measure): measure.sql}) -%}{%- endfor -%}
{%- endfor %}
milepost__stays_{{ group.name }} as (

    select
        {{ keys | join(',\n        ') }}
        {%- for name, sql in all_stays.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
        {%- for name, sql in measures.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
    from {{ milepost.facts_with_numbers(
        'milepost__counted_' ~ group.label,
        group.series | map(attribute='features') | sum(start=[]) | selectattr('is_summed') | list
    ) }}
    {%- if group.superseded_only %}
    where milepost__superseded_from is not null
    {%- endif %}
    group by {{ range(1, keys | length + all_stays | length + 1) | join(', ') }}

),
{% for enters, entering in group.series | groupby('enters') %}
    {%- set added = {} -%}
    {%- for series in entering -%}{%- for measure in series.measures -%}
        {%- do added.update({
            milepost.measure_name(measure, series.name):
                'case when ' ~ series.leaves ~ ' > ' ~ enters ~ ' then ' ~ milepost.measure_name(measure) ~ ' end'
        }) -%}
    {%- endfor -%}{%- endfor -%}
    {%- set leaves = entering | map(attribute='leaves') | unique | list -%}
    {%- do branches.append({
        'from': 'milepost__stays_' ~ group.name,
        'at': enters,
        'where': ('greatest(' ~ leaves | join(', ') ~ ')' if leaves | length > 1 else leaves[0]) ~ ' > ' ~ enters,
        'added': added,
    }) -%}
    {%- for leaves, leaving in entering | groupby('leaves') -%}
        {%- set added = {} -%}
        {%- for series in leaving -%}{%- for measure in series.measures -%}
            {%- do added.update({milepost.measure_name(measure, series.name): '-' ~ milepost.measure_name(measure)}) -%}
        {%- endfor -%}{%- endfor -%}
        {%- do branches.append({
            'from': 'milepost__stays_' ~ group.name, 'at': leaves, 'where': leaves ~ ' > ' ~ enters, 'added': added
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set of_columns = {} -%}
{%- for series in group.series -%}{%- for column in series.distincts -%}
    {%- set name = group.label ~ '_' ~ series.back ~ '_' ~ column -%}
    {%- do of_columns.setdefault(name, {'column': column, 'series': []}).series.append(series) -%}
{%- endfor -%}{%- endfor -%}
{%- for name, of in of_columns.items() %}
{{ milepost.distinct_stays(
    name, of.series, of.column, keys, steps,
    ('milepost__in_order_' if group.superseded_only else 'milepost__counted_') ~ group.label
) }}
    {%- set distinct = {'kind': 'distinct', 'column': of.column} -%}
    {%- set added = {} -%}
    {%- for series in of.series -%}
        {%- do added.update({milepost.measure_name(distinct, series.name): 'milepost__begins_' ~ series.reach}) -%}
    {%- endfor -%}
    {%- do branches.append({'from': 'milepost__values_' ~ name, 'at': 'milepost__enters_at', 'where': none, 'added': added}) -%}
    {%- for series in of.series -%}
        {%- do branches.append({
            'from': 'milepost__values_' ~ name,
            'at': 'milepost__ends_' ~ series.reach,
            'where': 'milepost__ends_' ~ series.reach ~ ' is not null',
            'added': {milepost.measure_name(distinct, series.name): '-milepost__islands'},
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{%- endfor %}
-- What each grid step adds to the windows, and what it takes out.
milepost__changes as (
{% for branch in branches %}
    select
        {{ keys | join(',\n        ') }},
        {{ branch.at }} as milepost__step
        {%- for name in summed %},
        {{ branch.added.get(name, 'null') }} as {{ name }}
        {%- endfor %}
    from {{ branch.from }}
    {%- if branch.where %}
    where {{ branch.where }}
    {%- endif %}
    {{- '\n\n    union all\n' if not loop.last }}
{%- endfor %}

),

milepost__changes_by_step as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for name in summed %},
        sum({{ name }}) as {{ name }}
        {%- endfor %}
    from milepost__changes
    {%- if steps.end is not none %}
    where milepost__step < {{ steps.end }}
    {%- endif %}
    group by {{ range(1, keys | length + 2) | join(', ') }}

),

milepost__balances as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for name in summed %},
        {{ milepost.running_total(name) }} as {{ name }}
        {%- endfor %}
    from milepost__changes_by_step
    {%- if summed %}
    window milepost__so_far as (
        partition by {{ keys | join(', ') }} order by milepost__step rows unbounded preceding
    )
    {%- endif %}

),
{%- endmacro %}
