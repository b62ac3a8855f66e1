{#
    A CTE of the entries: for each key and grid step at which facts enter, the tiles of all facts relations in
    one row.

    plan: as `window_plan` gives it.
#}
{% macro entries(plan, keys) -%}
{%- set totalled = plan.facts | selectattr('is_totalled') | list -%}
-- Where facts enter.
milepost__entries as (
{% if totalled | length == 1 %}
    select * from milepost__tiles_{{ totalled[0].label }}
{% else %}
{%- set columns = totalled | map(attribute='tiles') | map('list') | sum(start=[]) %}
    select
        {{ keys | join(',\n        ') }},
        milepost__enters_step
        {%- for column in columns %},
        sum({{ column }}) as {{ column }}
        {%- endfor %}
    from (
        {%- for facts in totalled %}
        select
            {{ keys | join(',\n            ') }},
            milepost__enters_step
            {%- for column in columns %},
            {{ column if column in facts.tiles else '0' }} as {{ column }}
            {%- endfor %}
        from milepost__tiles_{{ facts.label }}
        {{- '\n        union all' if not loop.last }}
        {%- endfor %}
    ) as milepost__all_tiles
    group by {{ range(1, keys | length + 2) | join(', ') }}
{% endif %}
),
{%- endmacro %}
