{#
    Features over trailing windows: a select of the keys, `grid_at` and one column for each feature
    and window, to stand in a CTE of its own below the CTEs that hold the facts.

    A row stands at each grid instant at which a fact of its key enters or leaves one of the windows,
    so that the newest row at or before an instant says what a row per grid instant would say. A
    window of W is `g - W <= known_at < g`; a superseded version of a fact is in none after its
    `superseded_at`. The rules are in docs/guides/features-in-time.md.

    keys: the entity's key columns; a fact with a null key counts nowhere.
    features: a list of mappings, each
        name: the column's name; its window is added: `delivery_count` over 28d is
            `delivery_count_28d`, set back by 7d `delivery_count_28d_before_7d`, over the last 50
            facts `delivery_count_last_50`; with `newest_within` or `open_within` it stays as it is.
        one aggregate, of `facts` or of `facts.column`:
            count (of facts, or of values that are not null), distinct, sum, mean, stddev, min, max,
            rate (the share of true), p1 .. p99, newest (the value of the newest fact that has one)
            and newest_at (the `event_at` of the newest fact)
        one window:
            over: '28d', '24h' or a list of them; set_back: '7d' ends it earlier
            last: 50, with within: '360d', the newest 50 facts of 360 days
            newest_within: '365d', for newest and newest_at
            open_within: '60d', for facts that are open from `opens_at` to `closes_at`
        id: the facts' id, where `last` or `newest` needs it to order facts known at one instant
        decimals: digits behind the point kept of a value that is added, 0 to 12, 6 if not said; with
            those before it 25 in all, and more is an error
    grid: 'day' or 'hour', as the view's `meta.grid`.

    A facts CTE has the keys, `event_at`, `known_at`, `superseded_at`, and the columns named. Names that
    begin with `milepost__` are ours, and a reserved word of SQL is no name.

    Example: `{{ trailing_features(keys=['carrier_id'], features=[
        {'name': 'delivery_count', 'count': 'deliveries', 'over': ['28d', '90d']},
        {'name': 'on_time_delivery_rate', 'rate': 'deliveries.is_on_time', 'over': ['28d', '90d']},
    ]) }}`
#}
{% macro trailing_features(keys, features, grid='day') -%}
    {%- do milepost.check_grid(grid) -%}
    {%- do milepost.check_keys(keys) -%}
    {%- set parsed = milepost.parse_features(features, keys | list, grid) -%}
    {%- do milepost.declare_look_back(parsed) -%}
    {{ return(adapter.dispatch('trailing_features', 'milepost')(keys, parsed, grid, milepost.batch())) }}
{%- endmacro %}
