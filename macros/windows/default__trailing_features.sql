{#
    `trailing_features` in SQL that any engine runs. A series is one facts relation under one window.
    A stay is the time that a fact spends in it: from one grid step up to, without, another.

    In full, facts that stand are totalled along their key, and a window is the difference of two
    totals. Superseded facts and open ones, and all facts of a batch, are changes where stays begin and
    end. What is no sum is computed from the stays that hold at each instant.

    Whatever the SQL names itself begins with `milepost__`, and has its kind first, then the facts with
    their number, the window, and a column of theirs last: two of them never meet.

    batch: the grid instants to build.
#}
{% macro default__trailing_features(keys, features, grid, batch) -%}
{%- set all_series = milepost.window_series(features, grid) -%}
{%- set steps = milepost.batch_steps(batch, grid) -%}
{%- if batch.start -%}{%- for series in all_series -%}{%- do series.update({'is_totalled': false}) -%}{%- endfor -%}{%- endif -%}
{%- set totalled, groups, summed = {}, [], [] -%}
{%- for series in all_series -%}
    {%- for measure in series.measures -%}{%- do summed.append(milepost.measure_name(measure, series.name)) -%}{%- endfor -%}
    {%- for column in series.distincts -%}
        {%- do summed.append(milepost.measure_name({'kind': 'distinct', 'column': column}, series.name)) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for label, of_facts in all_series | groupby('label') -%}
    {%- set standing = of_facts | selectattr('is_totalled') | list -%}
    {%- if standing -%}{%- do totalled.update({label: milepost.totalled_measures(standing)}) -%}{%- endif -%}
    {%- for kind, of_kind in [
        ('', of_facts | rejectattr('window', 'equalto', 'open') | list),
        ('open_', of_facts | selectattr('window', 'equalto', 'open') | list),
    ] if of_kind -%}
        {%- do groups.append({
            'name': kind ~ label, 'label': label, 'series': of_kind, 'superseded_only': of_kind[0].is_totalled
        }) -%}
    {%- endfor -%}
{%- endfor -%}
-- Grid instants are counted: step n is n {{ grid }}s after 1970-01-01.
with

{{ milepost.look_backs(features) }}

{% for facts in all_series | map(attribute='facts') | unique -%}
{%- set of_facts = all_series | selectattr('facts', 'equalto', facts) | list -%}
{{ milepost.counted_facts(facts, of_facts, keys, grid, batch) }}
{% if of_facts[0].label in totalled %}
{{ milepost.totalled_facts(of_facts | selectattr('is_totalled') | list, totalled[of_facts[0].label], keys) }}
{% endif %}
{%- endfor %}
{{- milepost.window_changes(groups, summed, keys, steps) }}
{% if totalled %}
{{- milepost.window_totals(all_series, totalled, summed, keys, steps) }}
{%- else %}
milepost__instants as (

    select *
    from milepost__balances
    {%- if batch.start %}
    where milepost__step > {{ steps.opening }}
    {%- endif %}

)
{%- endif %}
{%- set held = [] %}
{%- for series in all_series %}
{%- set held_features = series.features | rejectattr('is_summed') | list %}
{%- if held_features %}
{%- do held.append(['milepost__held_' ~ series.name, held_features]) -%},

{{ milepost.held_facts(series, held_features, keys) }}
{%- endif %}
{%- endfor %}

select
    milepost__instants.{{ keys | join(',\n    milepost__instants.') }},
    timestamp '1970-01-01' + interval '1' {{ grid }} * milepost__instants.milepost__step as grid_at
    {%- for feature in features %},
    {{ milepost.feature_value(feature) if feature.is_summed or feature.aggregate == 'stddev'
        else 'coalesce(' ~ feature.column ~ ', 0)' if feature.aggregate in ['count', 'distinct']
        else feature.column }} as {{ feature.column }}
    {%- endfor %}
from {{ milepost.with_squares('milepost__instants', features | selectattr('is_summed') | list) }}
{%- for name, held_features in held %}
left join {{ milepost.with_squares(name, held_features) }}
    on
        {% for key in keys -%}
        milepost__instants.{{ key }} = {{ name }}.{{ key }}
        and {% endfor -%}
        milepost__instants.milepost__step = {{ name }}.milepost__step
{%- endfor %}
{%- endmacro %}
