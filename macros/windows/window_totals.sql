{#
    The balances of totalled series at each grid step at which a fact enters or leaves one, and at those
    of `milepost__balances`, which are added: superseded facts, and windows of open ones.

    totalled: for each label of facts its totalled measures, `{name: sql}`.
#}
{% macro window_totals(all_series, totalled, summed, keys, steps) -%}
{%- set key_list = keys | join(', ') -%}
{%- set columns = [] -%}
{%- for label, measures in totalled.items() -%}{%- do columns.extend(measures) -%}{%- endfor -%}
{%- set totalled_series = all_series | selectattr('is_totalled') | list -%}
{%- set offsets = [] -%}
{%- for series in totalled_series -%}{%- do offsets.extend([series.back, series.reach]) -%}{%- endfor -%}
{%- set offsets = offsets | unique | reject('equalto', 0) | sort -%}
{%- set read_at = {} -%}
{%- for series in totalled_series -%}
    {%- for measure in series.measures -%}
        {%- for offset in [series.back, series.reach] if offset -%}
            {%- do read_at.setdefault(offset, {}).update({milepost.measure_name(measure, series.label): true}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in series.distincts -%}
        {%- set length = series.reach - series.back -%}
        {%- if series.back -%}
            {%- set begun = milepost.measure_name({'kind': 'begun' ~ length, 'column': column}, series.label) -%}
            {%- do read_at.setdefault(series.back, {}).update({begun: true}) -%}
        {%- endif -%}
        {%- set ended = milepost.measure_name({'kind': 'ended' ~ length, 'column': column}, series.label) -%}
        {%- do read_at.setdefault(series.reach, {}).update({ended: true}) -%}
    {%- endfor -%}
{%- endfor %}
-- Where facts enter.
milepost__entries as (

    select
        {{ keys | join(',\n        ') }},
        {%- if totalled | length > 1 %}
        milepost__enters_at
        {%- for column in columns %},
        sum({{ column }}) as {{ column }}
        {%- endfor %}
    from (
        {%- for label, measures in totalled.items() %}
        select
            {{ keys | join(',\n            ') }},
            milepost__enters_at
            {%- for column in columns %},
            {{ column if column in measures else '0' }} as {{ column }}
            {%- endfor %}
        from milepost__tiles_{{ label }}
        {{- '\n        union all' if not loop.last }}
        {%- endfor %}
    ) as milepost__entries_of_each
    group by {{ range(1, keys | length + 2) | join(', ') }}
        {%- else %}
        milepost__enters_at
        {%- for column in columns %},
        {{ column }}
        {%- endfor %}
    from milepost__tiles_{{ totalled.keys() | first }}
        {%- endif %}

),

-- Where nothing enters and something leaves.
milepost__other_steps as (

    select distinct
        milepost__leaving.{{ keys | join(',\n        milepost__leaving.') }},
        milepost__leaving.milepost__step
    from (
        {%- for label in totalled %}
        {%- set of_facts = totalled_series | selectattr('label', 'equalto', label) | list %}
        {%- for offset in offsets
            if offset in of_facts | map(attribute='back') | list or offset in of_facts | map(attribute='reach') | list %}
        select
            {{ keys | join(',\n            ') }},
            milepost__enters_at + {{ offset }} as milepost__step
        from milepost__tiles_{{ label }}
        union all
        {%- endfor %}
        {%- endfor %}
        select
            {{ keys | join(',\n            ') }},
            milepost__step
        from milepost__balances
    ) as milepost__leaving
    left join milepost__entries
        on
            {% for key in keys -%}
            milepost__leaving.{{ key }} = milepost__entries.{{ key }}
            and {% endfor -%}
            milepost__leaving.milepost__step = milepost__entries.milepost__enters_at
    where
        milepost__entries.milepost__enters_at is null
        {%- if steps.end is not none %}
        and milepost__leaving.milepost__step < {{ steps.end }}
        {%- endif %}

),

milepost__totals as (

    select
        {{ keys | join(',\n        ') }},
        milepost__step
        {%- for column in columns %},
        {{ milepost.running_total(column) }} as {{ column }}
        {%- endfor %}
    from (
        select
            {{ keys | join(',\n            ') }},
            milepost__enters_at as milepost__step
            {%- for column in columns %},
            {{ column }}
            {%- endfor %}
        from milepost__entries
        {%- if steps.end is not none %}
        where milepost__enters_at < {{ steps.end }}
        {%- endif %}
        union all
        select
            {{ keys | join(',\n            ') }},
            milepost__step
            {%- for column in columns %},
            0 as {{ column }}
            {%- endfor %}
        from milepost__other_steps
    ) as milepost__steps
    {%- if columns %}
    window milepost__so_far as (
        partition by {{ key_list }} order by milepost__step rows unbounded preceding
    )
    {%- endif %}

),

milepost__totals_then_and_now as (

    select
        milepost__totals.*
        {%- for offset in offsets if offset in read_at %},
        last_value({{ milepost.struct_of(read_at[offset].keys() | list) }})
            over milepost__until_{{ offset }} as milepost__before_{{ offset }}
        {%- endfor %}
        {%- if summed %},
        last_value(milepost__balances.milepost__step ignore nulls) over milepost__so_far as milepost__added_at
        {%- endif %}
    from milepost__totals
    {%- if summed %}
    left join milepost__balances
        on
            {% for key in keys -%}
            milepost__totals.{{ key }} = milepost__balances.{{ key }}
            and {% endfor -%}
            milepost__totals.milepost__step = milepost__balances.milepost__step
    window
        milepost__so_far as (
            partition by milepost__totals.{{ keys | join(', milepost__totals.') }}
            order by milepost__totals.milepost__step
            rows unbounded preceding
        )
        {%- for offset in offsets if offset in read_at %},
        milepost__until_{{ offset }} as (
            partition by milepost__totals.{{ keys | join(', milepost__totals.') }}
            order by milepost__totals.milepost__step
            range between unbounded preceding and {{ offset }} preceding
        )
        {%- endfor %}
    {%- endif %}

),

milepost__instants as (

    select
        milepost__now.{{ keys | join(',\n        milepost__now.') }},
        milepost__now.milepost__step
        {%- for series in all_series %}
        {%- for measure in series.measures %}
        {%- set total = milepost.measure_name(measure, series.label) %}
        {%- set name = milepost.measure_name(measure, series.name) %},
        {% if series.is_totalled -%}
        coalesce(milepost__{{ 'before_' ~ series.back if series.back else 'now' }}.{{ total }}, 0)
        - coalesce(milepost__before_{{ series.reach }}.{{ total }}, 0) + {% endif -%}
        coalesce(milepost__balances.{{ name }}, 0) as {{ name }}
        {%- endfor %}
        {%- for column in series.distincts %}
        {%- set length = series.reach - series.back %}
        {%- set name = milepost.measure_name({'kind': 'distinct', 'column': column}, series.name) %}
        {%- set begun = milepost.measure_name({'kind': 'begun' ~ length, 'column': column}, series.label) %}
        {%- set ended = milepost.measure_name({'kind': 'ended' ~ length, 'column': column}, series.label) %},
        {% if series.is_totalled -%}
        {{ 'coalesce(milepost__before_' ~ series.back ~ '.' ~ begun ~ ', 0)' if series.back else 'milepost__now.' ~ begun
        }} - coalesce(milepost__before_{{ series.reach }}.{{ ended }}, 0) + {% endif -%}
        coalesce(milepost__balances.{{ name }}, 0) as {{ name }}
        {%- endfor %}
        {%- endfor %}
    from milepost__totals_then_and_now as milepost__now
    {%- if summed %}
    left join milepost__balances
        on
            {% for key in keys -%}
            milepost__now.{{ key }} = milepost__balances.{{ key }}
            and {% endfor -%}
            milepost__now.milepost__added_at = milepost__balances.milepost__step
    {%- endif %}

)
{%- endmacro %}
