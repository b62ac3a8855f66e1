{#
    Joins to each entity row the features as a machine-learning model in production could have had them: a
    select with one row per entity row, whatever matched. A feature is the value of the newest row with
    equal keys and `available_at <= event_timestamp`; null where there is none, or a key is null.
    The columns of the entity rows come first, then the features in the order of `features`. These
    are the rules of `FeatureStore.get_historical_features`.

    The features of a machine-learning model stand here and nowhere else: an exposure whose
    `meta.training_set` names the dbt model with this lookup is published with them as a service.

    entity_rows: a relation, or the name of a CTE, with the join keys and `event_timestamp`.
    features: `'view:feature'`, or a whole `'view'`, which is all of its features but the derived ones.
    `'view@v1'` is version 1 of a view, `'view'` the latest.
    full_feature_names: name each column `view__feature`.
    aliases: `{'<alias>': {'view': '<view>', 'keys': {'<key of the view>': '<entity column>'}}}`, for
    a view under another name, under two, or with keys that the entity rows name otherwise; then
    `features` asks for `'alias'` or `'alias:feature'`.

    A derived feature takes the columns of its request from the entity rows. One whose inputs are in
    another view needs that view among the dbt model's dependencies: `-- depends_on: {{ ref('view') }}`.

    The select begins with `with`: it is a whole dbt model, or the whole of a CTE. The dbt model depends on
    each view as if it had a `ref` to it. An instant for which a view is not built, or a window not
    full, is an error in the client and not here: the dbt model states which rows it has (see
    `complete_from` and the data test `is_covered_by_views`).
    Example: `{{ point_in_time_join('bookings', ['carrier_reliability', 'origin'], aliases={
    'origin': {'view': 'market_balance', 'keys': {'market_id': 'origin_market_id'}}}) }}`
#}
{% macro point_in_time_join(entity_rows, features, full_feature_names=false, aliases={}) -%}
{%- if execute and model.resource_type == 'unit_test' -%}
    {{- milepost.refuse_lookup(
        "dbt shows a unit test no feature view's columns and keys",
        "unit test the model of the entity rows, and keep the lookup in one of its own"
    ) -}}
{%- endif -%}
{%- do milepost.declare_lookup(features, aliases) -%}
{%- if not execute -%}
    {#- While dbt parses, the columns of the views are not known. So only the dependencies on the views are declared. -#}
    {%- for reference in ([features] if features is string else features) -%}
        {%- set name = reference.split(':')[0] -%}
        {%- do milepost.ref_view(aliases.get(name, {}).get('view', name)) -%}
    {%- endfor -%}
    select * from {{ entity_rows }}
{%- else -%}
{%- set lookup = milepost.requested_features(features, full_feature_names, aliases) -%}
{#- A batch asks for few keys of a view that holds years: the join need not sort the rest. -#}
{%- set is_of_batch = model.config.materialized == 'incremental' and milepost.batch().start is not none -%}
with
{% for name, view in lookup.views.items() %}
{{ name | replace('@v', '_v') }} as (

    select
        {%- for key in view.key_columns %}
        {{ key }},
        {%- endfor %}
        available_at{{ ',' if view.columns or view.inputs }}
        {%- for feature, column in view.columns.items() %}
        {{ feature ~ (' as ' ~ column if column != feature else '') ~ (',' if view.inputs or not loop.last else '') }}
        {%- endfor %}
        {%- for feature in view.inputs %}
        {{ feature ~ ' as milepost__' ~ feature ~ (',' if not loop.last else '') }}
        {%- endfor %}
    from {{ view.relation }}
    {%- if is_of_batch and view.key_columns %}
    where ({{ view.key_columns | join(', ') }}) in (
        select
            {{ view.key_columns.values() | join(',\n            ') }}
        from {{ entity_rows }}
    )
    {%- endif %}

){{ ',' if not loop.last }}
{% endfor %}
-- A feature has no table name before it. If the entity rows have a column of its name, the
-- database stops and says that the name is ambiguous.
select
    milepost__entity_rows.*,
    {%- for column in lookup.columns.values() %}
    {{ column ~ (',' if not loop.last else '') }}
    {%- endfor %}
from {{ entity_rows }} as milepost__entity_rows
{%- for name, view in lookup.views.items() %}
{{ milepost.join_newest(name | replace('@v', '_v'), view.key_columns, entity_rows) }}
{%- endfor %}
{%- set derived = [] -%}
{%- for column, sql in lookup.columns.items() if sql != column -%}{%- do derived.append(column) -%}{%- endfor -%}
{%- if derived %}
-- This join adds no rows. If the entity rows have a column with the name of a derived feature, it
-- makes that name ambiguous.
left join (
    select
        {%- for column in derived %}
        null as {{ column ~ (',' if not loop.last else '') }}
        {%- endfor %}
    where false
) as milepost__derived_names on {{ derived | join(' is null and ') }} is null
{%- endif %}
{%- endif -%}
{%- endmacro %}
