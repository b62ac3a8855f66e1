{#
    Features over trailing windows: a select of the keys, `available_at` and one column for each
    feature and window, to stand in a CTE of its own below the CTEs that hold the facts.

    A row stands at each grid instant at which a fact of its key enters or leaves one of the windows,
    so the newest row at or before an instant says what a row per grid instant would say. A
    window of W is `g - W <= known_at < g`; a superseded version of a fact is in none after its
    `superseded_at`. The rules are in docs/guides/features-in-time.md. `available_at` is the grid
    instant plus the view's serving delay, see the macro `available_at`.

    keys: the entity's key columns; a fact with a null key counts nowhere. `[]` where the view is about no
        entity: then all facts together make one row at an instant.
    features: a list of mappings, each
        name: the column's name; its window is added: `delivery_count` over 28d is
            `delivery_count_28d`, set back by 7d `delivery_count_28d_before_7d`, over the last 50
            facts `delivery_count_last_50`; with `newest_within` or `open_within` it stays as it is.
        one aggregate, of `facts` or of `facts.column`:
            count (of facts, or of values that are not null), distinct, total (of whole numbers, 0
            where there are none), sum, mean, stddev, min, max, rate (the share of true), p1 .. p99,
            newest (the value of the newest fact that has one), newest_at (the `event_at` of the
            newest fact) and standing (the value of the fact that is not superseded, where a key has
            one at a time)
        one window, but none for standing:
            over: '28d', '24h' or a list of them; set_back: '7d' ends it earlier
            last: 50, with within: '360d', the newest 50 facts of 360 days
            newest_within: '365d', for newest and newest_at
            open_within: '60d', for facts that are open from `opens_at` to `closes_at`
        at_least: `{'load_count': 8}`; the feature is null where the count, distinct or total of this
            name is less than 8 in the same window
        id: the facts' id, where `last` or `newest` needs it to order facts known at one instant
        decimals: digits behind the point kept of a value that is added, 0 to 12, 6 if not said; with
            those before it 25 in all, and more is an error
    grid: 'day' or 'hour', as the view's `meta.grid`.

    A facts CTE has the keys, `known_at`, `superseded_at`, and the columns that its features name. For
    `last`, `newest` and `newest_at` it also has `event_at`, for `open_within` also `opens_at` and
    `closes_at`. A name may not begin with `milepost__`, which ours do, nor be a reserved word of SQL.

    Example: `{{ trailing_features(keys=['carrier_id'], features=[
        {'name': 'delivery_count', 'count': 'deliveries', 'over': ['28d', '90d']},
        {'name': 'on_time_delivery_rate', 'rate': 'deliveries.is_on_time', 'over': ['28d', '90d'],
            'at_least': {'delivery_count': 5}},
    ]) }}`
#}
{% macro trailing_features(keys, features, grid='day') -%}
    {%- do milepost.check_grid(grid) -%}
    {%- do milepost.check_keys(keys) -%}
    {%- set parsed = milepost.parse_features(features, keys | list, grid) -%}
    {%- do milepost.declare_look_back(parsed) -%}
    {#- Without a key of its own a query would have nothing to group and join by. -#}
    {%- set inner_keys = keys or ['milepost__all'] -%}
    {{ return(adapter.dispatch('trailing_features', 'milepost')(inner_keys, parsed, grid, milepost.batch()) | indent) }}
{%- endmacro %}

{#
    The select in SQL that any engine runs. docs/concepts/windows-inside.md follows eight facts through it.

    Whatever the SQL names itself begins with `milepost__`, and has its kind first, then the facts with
    their number, the window, and a column of theirs last: two of them never meet.

    features: as `parse_features` gives them.
    batch: the grid instants to build.
#}
{% macro default__trailing_features(keys, features, grid, batch) -%}
{%- set plan = milepost.window_plan(keys, features, grid, batch) -%}
{%- set all_held = milepost.held_series(plan.series) -%}
-- Grid instants are numbered: step n is n {{ grid }}s after 1970-01-01.
with

{{ milepost.look_backs(features) }}
{%- for facts in plan.facts %}

{{ milepost.counted_facts(facts, keys, grid, batch, plan.steps, plan.has_changing_keys) }}
{%- endfor %}
{%- if plan.has_changing_keys %}

{{ milepost.changing_keys(plan, keys) }}
{%- endif %}
{%- for facts in plan.facts if facts.tiled_series %}

{{ milepost.fact_tiles(facts, keys, grid, plan.steps) }}
{%- endfor %}
{%- for group in plan.groups %}

{{ milepost.fact_stays(group, keys, plan.steps) }}
{%- endfor %}

{{ milepost.balances(plan, keys) }}

{% if plan.is_totalled -%}
{{ milepost.events(plan, keys) }}

{{ milepost.running_totals(plan, keys) }}

{{ milepost.each_step(plan, keys) }}

{{ milepost.totals_before(plan, keys) }}

{{ milepost.totalled_instants(plan, keys) }}
{%- else -%}
milepost__instants as (

    select *
    from milepost__balances
    {%- if batch.start %}
    where milepost__step > {{ plan.steps.opening }}
    {%- endif %}

)
{%- endif %}
{%- for series in all_held %},

{{ milepost.held_facts(series, keys) }}
{%- endfor %}

select
    {%- for key in keys if key != 'milepost__all' %}
    milepost__instants.{{ key }},
    {%- endfor %}
    {{ milepost.available_at(milepost.grid_instant('milepost__instants.milepost__step', grid)) }} as available_at
    {%- for feature in features %},
    {{ milepost.feature_or_null(feature) }} as {{ feature.column }}
    {%- endfor %}
from {{ milepost.with_doubles('milepost__instants', features | selectattr('is_summed') | list) }}
{%- for series in all_held %}
left join {{ milepost.with_doubles('milepost__held_' ~ series.name, series.held_features) }}
    on
        {{ milepost.is_same_key('milepost__instants', 'milepost__held_' ~ series.name, keys) | indent(4) }}
        and milepost__instants.milepost__step = milepost__held_{{ series.name }}.milepost__step
{%- endfor %}
{%- endmacro %}
