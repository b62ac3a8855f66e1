{#
    The aggregates of a series at some instants: a select that joins each fact to each instant at which it is in the
    window.

    series: as `held_series` gives it.
    instants: the CTE of the instants.
#}
{% macro held_by_join(series, keys, instants='milepost__instants') -%}
select
    {{ instants }}.{{ keys | join(',\n    ' ~ instants ~ '.') }},
    {{ instants }}.milepost__step
    {{- milepost.held_columns(series) }}
from {{ instants }}
inner join milepost__facts_{{ series.name }} as milepost__fact
    on
        {{ milepost.is_same_key(instants, 'milepost__fact', keys) | indent(8) }}
        and {{ instants }}.milepost__step >= milepost__fact.milepost__comes_step
        and {{ instants }}.milepost__step < milepost__fact.milepost__goes_step
group by {{ range(1, keys | length + 2) | join(', ') }}
{%- endmacro %}
