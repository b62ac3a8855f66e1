{#
    `trailing_features` in SQL that any engine runs. A series is one facts relation under one window.
    A stay is the time that a fact spends in it: from one grid step up to, without, another.

    In full, facts that stand are totalled along their key, and a window is the difference of two
    totals. Superseded facts and open ones, and all facts of a batch, are changes where stays begin and
    end. What is no sum is computed from the stays that hold at each instant.

    batch: the grid instants to build.
#}
{% macro default__trailing_features(keys, features, grid, batch) -%}
{%- set all_series = milepost.window_series(features, grid) -%}
{%- set steps = milepost.batch_steps(batch, grid) -%}
{%- if batch.start -%}{%- for series in all_series -%}{%- do series.update({'is_totalled': false}) -%}{%- endfor -%}{%- endif -%}
{%- set totalled, groups, summed = {}, [], [] -%}
{%- for series in all_series -%}
    {%- for measure in series.measures -%}{%- do summed.append(series.name ~ '__' ~ measure.name) -%}{%- endfor -%}
    {%- for column in series.distincts -%}{%- do summed.append(series.name ~ '__' ~ column ~ '_distinct') -%}{%- endfor -%}
{%- endfor -%}
{%- set distincts_of = {} -%}
{%- for facts, of_facts in all_series | groupby('facts') -%}
    {%- set standing = of_facts | selectattr('is_totalled') | list -%}
    {%- set distincts = standing | map(attribute='distincts') | sum(start=[]) | unique | list -%}
    {%- if standing -%}
        {%- do totalled.update({facts: milepost.totalled_measures(facts, standing)}) -%}
        {%- do distincts_of.update({facts: distincts}) -%}
    {%- endif -%}
    {%- for kind, of_kind in [
        ('', of_facts | rejectattr('window', 'equalto', 'open') | list),
        ('_open', of_facts | selectattr('window', 'equalto', 'open') | list),
    ] if of_kind -%}
        {%- do groups.append({
            'name': facts ~ kind, 'facts': facts, 'series': of_kind, 'superseded_only': of_kind[0].is_totalled
        }) -%}
    {%- endfor -%}
{%- endfor -%}
-- Grid instants are counted: step n is n {{ grid }}s after 1970-01-01.
with

{{ milepost.look_backs(features) }}

{% for facts in all_series | map(attribute='facts') | unique -%}
{{ milepost.counted_facts(facts, all_series | selectattr('facts', 'equalto', facts) | list, keys, grid, batch) }}
{% if facts in totalled %}
{{ milepost.totalled_facts(facts, distincts_of[facts], totalled[facts], keys) }}
{% endif %}
{%- endfor %}
{{- milepost.window_changes(groups, summed, keys, steps) }}
{% if totalled %}
{{- milepost.window_totals(all_series, totalled, summed, keys, steps) }}
{%- else %}
instants as (

    select *
    from balances
    {%- if batch.start %}
    where grid_at > {{ steps.opening }}
    {%- endif %}

)
{%- endif %}
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
    timestamp '1970-01-01' + interval '1' {{ grid }} * instants.grid_at as grid_at
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
