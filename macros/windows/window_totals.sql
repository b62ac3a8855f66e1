{#
    The balances of totalled series at each grid step at which a fact enters or leaves one, and at those
    of `balances`, which are added: superseded facts, and windows of open ones.
#}
{% macro window_totals(all_series, totalled, summed, keys, steps) -%}
{%- set key_list = keys | join(', ') -%}
{%- set columns = [] -%}
{%- for facts, measures in totalled.items() -%}{%- do columns.extend(measures) -%}{%- endfor -%}
{%- set totalled_series = all_series | selectattr('is_totalled') | list -%}
{%- set offsets = [] -%}
{%- for series in totalled_series -%}{%- do offsets.extend([series.back, series.reach]) -%}{%- endfor -%}
{%- set offsets = offsets | unique | reject('equalto', 0) | sort -%}
{%- set read_at = {} -%}
{%- for series in totalled_series -%}
    {%- for measure in series.measures -%}
        {%- for offset in [series.back, series.reach] if offset -%}
            {%- do read_at.setdefault(offset, {}).update({series.facts ~ '__' ~ measure.name: true}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in series.distincts -%}
        {%- set of = series.facts ~ '__' ~ column -%}
        {%- set length = series.reach - series.back -%}
        {%- if series.back -%}
            {%- do read_at.setdefault(series.back, {}).update({of ~ '_begun_' ~ length: true}) -%}
        {%- endif -%}
        {%- do read_at.setdefault(series.reach, {}).update({of ~ '_ended_' ~ length: true}) -%}
    {%- endfor -%}
{%- endfor %}
-- Where facts enter.
entries as (

    select
        {{ keys | join(',\n        ') }},
        {%- if totalled | length > 1 %}
        enters_at
        {%- for column in columns %},
        sum({{ column }}) as {{ column }}
        {%- endfor %}
    from (
        {%- for facts, measures in totalled.items() %}
        select
            {{ keys | join(',\n            ') }},
            enters_at
            {%- for column in columns %},
            {{ column if column in measures else '0' }} as {{ column }}
            {%- endfor %}
        from {{ facts }}_tiles
        {{- '\n        union all' if not loop.last }}
        {%- endfor %}
    ) as entries_of_each
    group by {{ range(1, keys | length + 2) | join(', ') }}
        {%- else %}
        enters_at
        {%- for column in columns %},
        {{ column }}
        {%- endfor %}
    from {{ totalled.keys() | first }}_tiles
        {%- endif %}

),

-- Where nothing enters and something leaves.
other_steps as (

    select distinct
        leaving.{{ keys | join(',\n        leaving.') }},
        leaving.grid_at
    from (
        {%- for facts in totalled %}
        {%- set of_facts = totalled_series | selectattr('facts', 'equalto', facts) | list %}
        {%- for offset in offsets
            if offset in of_facts | map(attribute='back') | list or offset in of_facts | map(attribute='reach') | list %}
        select
            {{ keys | join(',\n            ') }},
            enters_at + {{ offset }} as grid_at
        from {{ facts }}_tiles
        union all
        {%- endfor %}
        {%- endfor %}
        select
            {{ keys | join(',\n            ') }},
            grid_at
        from balances
    ) as leaving
    left join entries
        on
            {% for key in keys -%}
            leaving.{{ key }} = entries.{{ key }}
            and {% endfor -%}
            leaving.grid_at = entries.enters_at
    where
        entries.enters_at is null
        {%- if steps.end is not none %}
        and leaving.grid_at < {{ steps.end }}
        {%- endif %}

),

totals as (

    select
        {{ keys | join(',\n        ') }},
        grid_at
        {%- for column in columns %},
        {{ milepost.running_total(column) }} as {{ column }}
        {%- endfor %}
    from (
        select
            {{ keys | join(',\n            ') }},
            enters_at as grid_at
            {%- for column in columns %},
            {{ column }}
            {%- endfor %}
        from entries
        {%- if steps.end is not none %}
        where enters_at < {{ steps.end }}
        {%- endif %}
        union all
        select
            {{ keys | join(',\n            ') }},
            grid_at
            {%- for column in columns %},
            0 as {{ column }}
            {%- endfor %}
        from other_steps
    ) as steps
    {%- if columns %}
    window so_far as (partition by {{ key_list }} order by grid_at rows unbounded preceding)
    {%- endif %}

),

totals_then_and_now as (

    select
        totals.*
        {%- for offset in offsets if offset in read_at %},
        last_value({{ milepost.struct_of(read_at[offset].keys() | list) }}) over before_{{ offset }} as before_{{ offset }}
        {%- endfor %}
        {%- if summed %},
        last_value(added.grid_at ignore nulls) over so_far as milepost__added_at
        {%- endif %}
    from totals
    {%- if summed %}
    left join balances as added
        on
            {% for key in keys -%}
            totals.{{ key }} = added.{{ key }}
            and {% endfor -%}
            totals.grid_at = added.grid_at
    window
        so_far as (
            partition by {{ 'totals.' ~ keys | join(', totals.') }}
            order by totals.grid_at
            rows unbounded preceding
        )
        {%- for offset in offsets if offset in read_at %},
        before_{{ offset }} as (
            partition by {{ 'totals.' ~ keys | join(', totals.') }}
            order by totals.grid_at
            range between unbounded preceding and {{ offset }} preceding
        )
        {%- endfor %}
    {%- endif %}

),

instants as (

    select
        totals.{{ keys | join(',\n        totals.') }},
        totals.grid_at
        {%- for series in all_series %}
        {%- for measure in series.measures %}
        {%- set total, name = series.facts ~ '__' ~ measure.name, series.name ~ '__' ~ measure.name %},
        {% if series.is_totalled -%}
        coalesce({{ 'before_' ~ series.back if series.back else 'totals' }}.{{ total }}, 0)
        - coalesce(before_{{ series.reach }}.{{ total }}, 0) + {% endif -%}
        coalesce(added.{{ name }}, 0) as {{ name }}
        {%- endfor %}
        {%- for column in series.distincts %}
        {%- set name, length = series.name ~ '__' ~ column ~ '_distinct', series.reach - series.back %}
        {%- set begun, ended = series.facts ~ '__' ~ column ~ '_begun_' ~ length, series.facts ~ '__' ~ column ~ '_ended_' ~ length %},
        {% if series.is_totalled -%}
        {{ 'coalesce(before_' ~ series.back ~ '.' ~ begun ~ ', 0)' if series.back else 'totals.' ~ begun
        }} - coalesce(before_{{ series.reach }}.{{ ended }}, 0) + {% endif -%}
        coalesce(added.{{ name }}, 0) as {{ name }}
        {%- endfor %}
        {%- endfor %}
    from totals_then_and_now as totals
    {%- if summed %}
    left join balances as added
        on
            {% for key in keys -%}
            totals.{{ key }} = added.{{ key }}
            and {% endfor -%}
            totals.milepost__added_at = added.grid_at
    {%- endif %}

)
{%- endmacro %}
