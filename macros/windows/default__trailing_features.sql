{#
    `trailing_features` in SQL that any engine runs. A series is one facts relation under one window.
    A stay is the time that a fact spends in it: from one grid instant up to, without, another.

    What is a sum is added where stays begin, subtracted where they end, and runs along the key. What
    is none is computed from the stays that hold at each instant.

    batch: the grid instants to build. What is in a window from before them is one opening balance for
    each key, one grid instant earlier.
#}
{% macro default__trailing_features(keys, features, grid, batch) -%}
{%- set all_series = milepost.window_series(features) -%}
{%- set summed = [] -%}
{%- for series in all_series -%}
    {%- for measure in series.measures -%}
        {%- do summed.append(series.name ~ '__' ~ measure.name) -%}
    {%- endfor -%}
    {%- for column in series.distincts -%}
        {%- do summed.append(series.name ~ '__' ~ column ~ '_distinct') -%}
    {%- endfor -%}
{%- endfor -%}
{%- set key_list = keys | join(', ') -%}
{%- set opening = "cast('" ~ batch.start ~ "' as timestamp) - interval '1' " ~ grid if batch.start else none -%}
with

{% for facts in all_series | map(attribute='facts') | unique -%}
{{ milepost.counted_facts(facts, all_series | selectattr('facts', 'equalto', facts) | list, keys, grid, batch) }}
{% endfor -%}
{%- for series in all_series -%}
{{ milepost.window_stays(series, keys, opening) }}
{% endfor -%}
{%- for series in all_series -%}
{%- for column in series.distincts -%}
{{ milepost.distinct_stays(series, column, keys, opening) }}
{% endfor -%}
{%- endfor -%}
-- What each grid instant adds to the windows, and what it takes out.
changes as (
{% set union = namespace(all='') %}
    {%- for series in all_series %}
    {%- for end, sign in [['enters_at', ''], ['leaves_at', '-']] %}
{{ union.all }}
    select
        {{ keys | join(',\n        ') }},
        {{ 'greatest(enters_at, ' ~ opening ~ ')' if opening and end == 'enters_at' else end }} as grid_at
        {%- for name in summed %},
        {{ sign ~ name.split('__')[1] if name.split('__')[0] == series.name and not name.endswith('_distinct') else 'null' }} as {{ name }}
        {%- endfor %}
    from {{ series.name }}_stays
    {%- set union.all = '\n    union all\n' %}
    {%- endfor %}
    {%- for column in series.distincts %}
    {%- for end, sign in [['enters_at', '1'], ['leaves_at', '-1']] %}
{{ union.all }}
    select
        {{ keys | join(',\n        ') }},
        {{ 'greatest(enters_at, ' ~ opening ~ ')' if opening and end == 'enters_at' else end }} as grid_at
        {%- for name in summed %},
        {{ sign if name == series.name ~ '__' ~ column ~ '_distinct' else 'null' }} as {{ name }}
        {%- endfor %}
    from {{ series.name }}_{{ column }}_stays
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}

),

changes_by_instant as (

    select
        {{ keys | join(',\n        ') }},
        grid_at
        {%- for name in summed %},
        sum({{ name }}) as {{ name }}
        {%- endfor %}
    from changes
    {%- if batch.end %}
    where grid_at < cast('{{ batch.end }}' as timestamp)
    {%- endif %}
    group by {{ key_list }}, grid_at

),

balances as (

    select
        {{ keys | join(',\n        ') }},
        grid_at
        {%- for name in summed %},
        {{ "sum(" ~ name ~ ") over so_far" if name.endswith('_sum') or name.endswith('_squares')
            else "cast(sum(" ~ name ~ ") over so_far as bigint)" }} as {{ name }}
        {%- endfor %}
    from changes_by_instant
    {%- if summed %}
    window so_far as (
        partition by {{ key_list }}
        order by grid_at
        rows between unbounded preceding and current row
    )
    {%- endif %}

),

instants as (

    select *
    from balances
    {%- if batch.start %}
    where grid_at >= cast('{{ batch.start }}' as timestamp)
    {%- endif %}

)
{%- set held = [] %}
{%- for series in all_series %}
{%- set held_features = series.features | rejectattr('is_summed') | list %}
{%- if held_features %}
{%- do held.append([series.name, held_features]) -%},

{{ milepost.held_facts(series, held_features, keys) }}
{%- endif %}
{%- endfor %}

select
    instants.{{ keys | join(',\n    instants.') }},
    instants.grid_at
    {%- for feature in features %},
    {{ milepost.feature_value(feature) if feature.is_summed
        else 'coalesce(' ~ feature.column ~ ', 0)' if feature.aggregate in ['count', 'distinct']
        else feature.column }} as {{ feature.column }}
    {%- endfor %}
from instants
{%- for name, held_features in held %}
left join {{ name }}
    on
        {% for key in keys -%}
        instants.{{ key }} = {{ name }}.{{ key }}
        and {% endfor -%}
        instants.grid_at = {{ name }}.grid_at
{%- endfor %}
{%- endmacro %}
