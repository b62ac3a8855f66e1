{#
    CTEs of a series: the instants at which a fact is in its window that leaves it early, and the others.

    series: as `held_series` gives it.
#}
{% macro corrected_instants(series, keys) -%}
milepost__corrected_{{ series.name }} as (

    select distinct
        milepost__instants.{{ keys | join(',\n        milepost__instants.') }},
        milepost__instants.milepost__step
    from milepost__facts_{{ series.name }} as milepost__fact
    inner join milepost__instants
        on
            {{ milepost.is_same_key('milepost__fact', 'milepost__instants', keys) | indent(8) }}
            and milepost__instants.milepost__step >= milepost__fact.milepost__comes_step
            and milepost__instants.milepost__step < milepost__fact.milepost__goes_step
    where milepost__fact.milepost__leaves_early

),

milepost__uncorrected_{{ series.name }} as (

    select
        milepost__instants.{{ keys | join(',\n        milepost__instants.') }},
        milepost__instants.milepost__step
    from milepost__instants
    left join milepost__corrected_{{ series.name }} as milepost__corrected
        on
            {{ milepost.is_same_key('milepost__instants', 'milepost__corrected', keys) | indent(8) }}
            and milepost__instants.milepost__step = milepost__corrected.milepost__step
    where milepost__corrected.milepost__step is null

),
{%- endmacro %}
