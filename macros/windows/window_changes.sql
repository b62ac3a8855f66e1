{#
    The balances of some series at each grid step at which a fact enters or leaves one of them: what
    is in the window then, `<series>__<measure>`.

    What is a sum is added where stays begin, subtracted where they end, and runs along the key. With a
    batch, what is in a window from before it is one opening balance for each key, at the step before.

    groups: one for each facts relation, its kind of window and its facts, `{'name', 'source', 'series'}`.
    summed: the columns, in their order.
#}
{% macro window_changes(groups, summed, keys, steps) -%}
{%- set branches = [] -%}
{%- for group in groups -%}
{%- set all_stays = {} -%}
{%- set measures = {} -%}
{%- for series in group.series -%}
    {%- set stay = milepost.stay(series, steps) -%}
    {%- set enters = 'opens_at' if series.window == 'open' else 'enters_at' if not series.back else 'enters_' ~ series.back -%}
    {%- set leaves = ('closes_' if series.window == 'open' else 'leaves_') ~ series.reach -%}
    {%- do all_stays.update({enters: stay.enters_at, leaves: stay.leaves_at}) -%}
    {%- do series.update({'enters': enters, 'leaves': leaves}) -%}
    {%- for measure in series.measures -%}{%- do measures.update({measure.name: measure.sql}) -%}{%- endfor -%}
{%- endfor %}
{{ group.name }}_stays as (

    select
        {{ keys | join(',\n        ') }}
        {%- for name, sql in all_stays.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
        {%- for name, sql in measures.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
    from {{ group.facts }}_counted
    {%- if group.superseded_only %}
    where superseded_from is not null
    {%- endif %}
    group by {{ range(1, keys | length + all_stays | length + 1) | join(', ') }}

),
{% for enters, entering in group.series | groupby('enters') %}
    {%- set added = {} -%}
    {%- for series in entering -%}{%- for measure in series.measures -%}
        {%- do added.update({
            series.name ~ '__' ~ measure.name: 'case when ' ~ series.leaves ~ ' > ' ~ enters ~ ' then ' ~ measure.name ~ ' end'
        }) -%}
    {%- endfor -%}{%- endfor -%}
    {%- set leaves = entering | map(attribute='leaves') | unique | list -%}
    {%- do branches.append({
        'from': group.name ~ '_stays',
        'at': enters,
        'where': ('greatest(' ~ leaves | join(', ') ~ ')' if leaves | length > 1 else leaves[0]) ~ ' > ' ~ enters,
        'added': added,
    }) -%}
    {%- for leaves, leaving in entering | groupby('leaves') -%}
        {%- set added = {} -%}
        {%- for series in leaving -%}{%- for measure in series.measures -%}
            {%- do added.update({series.name ~ '__' ~ measure.name: '-' ~ measure.name}) -%}
        {%- endfor -%}{%- endfor -%}
        {%- do branches.append({
            'from': group.name ~ '_stays', 'at': leaves, 'where': leaves ~ ' > ' ~ enters, 'added': added
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set of_columns = {} -%}
{%- for series in group.series -%}{%- for column in series.distincts -%}
    {%- set name = group.facts ~ '_' ~ column ~ ('_before_' ~ series.back if series.back else '') -%}
    {%- do of_columns.setdefault(name, {'column': column, 'series': []}).series.append(series) -%}
{%- endfor -%}{%- endfor -%}
{%- for name, of in of_columns.items() %}
{{ milepost.distinct_stays(
    name, of.series, of.column, keys, steps, group.facts ~ ('_in_order' if group.superseded_only else '_counted')
) }}
    {%- set added = {} -%}
    {%- for series in of.series -%}
        {%- do added.update({series.name ~ '__' ~ of.column ~ '_distinct': 'begins_' ~ series.reach}) -%}
    {%- endfor -%}
    {%- do branches.append({'from': name, 'at': 'enters_at', 'where': none, 'added': added}) -%}
    {%- for series in of.series -%}
        {%- do branches.append({
            'from': name,
            'at': 'ends_' ~ series.reach,
            'where': 'ends_' ~ series.reach ~ ' is not null',
            'added': {series.name ~ '__' ~ of.column ~ '_distinct': '-islands'},
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{%- endfor %}
-- What each grid step adds to the windows, and what it takes out.
changes as (
{% for branch in branches %}
    select
        {{ keys | join(',\n        ') }},
        {{ branch.at }} as grid_at
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

changes_by_step as (

    select
        {{ keys | join(',\n        ') }},
        grid_at
        {%- for name in summed %},
        sum({{ name }}) as {{ name }}
        {%- endfor %}
    from changes
    {%- if steps.end is not none %}
    where grid_at < {{ steps.end }}
    {%- endif %}
    group by {{ range(1, keys | length + 2) | join(', ') }}

),

balances as (

    select
        {{ keys | join(',\n        ') }},
        grid_at
        {%- for name in summed %},
        {{ milepost.running_total(name) }} as {{ name }}
        {%- endfor %}
    from changes_by_step
    {%- if summed %}
    window so_far as (partition by {{ keys | join(', ') }} order by grid_at rows unbounded preceding)
    {%- endif %}

),
{%- endmacro %}
