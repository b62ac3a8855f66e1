with

loads as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        case when miles > 0 then miles end as miles,
        known_at,
        superseded_at
    from {{ ref('int_loads__lanes') }}

),

hauled_loads as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        carrier_id,
        known_at,
        superseded_at
    from {{ ref('int_loads__hauled') }}

),

settlements as (

    select
        origin_market_id,
        destination_market_id,
        equipment_type,
        rpm_decimal_usd,
        known_at,
        superseded_at
    from {{ ref('int_loads__settled') }}
    where rpm_decimal_usd is not null

),

{%- set weeks, counts, squares = [], [], [] %}
{%- for days in range(0, 84, 7) %}
{%- set count = 'load_count_7d' ~ ('_before_' ~ days ~ 'd' if days) %}
{%- set back = {'set_back': days ~ 'd'} if days else {} %}
{%- do weeks.append(dict(name='load_count', count='loads', over='7d', **back)) %}
{%- do counts.append(count) %}
{%- do squares.append(count ~ ' * ' ~ count) %}
{%- endfor %}

windows as (

    {{ trailing_features(
        keys=['origin_market_id', 'destination_market_id', 'equipment_type'],
        features=weeks + [
            {'name': 'load_count', 'count': 'loads', 'over': ['28d', '84d']},
            {'name': 'miles_mean', 'mean': 'loads.miles', 'over': '28d'},
            {'name': 'measured_load_count', 'count': 'loads.miles', 'over': '28d'},
            {'name': 'hauled_load_count', 'count': 'hauled_loads', 'over': ['90d', '180d']},
            {'name': 'carrier_count', 'distinct': 'hauled_loads.carrier_id', 'over': '90d'},
            {'name': 'settled_rpm_mean_usd', 'mean': 'settlements.rpm_decimal_usd', 'over': '180d'},
            {'name': 'settled_load_count', 'count': 'settlements', 'over': '180d'},
        ],
    ) }}

)

-- The sample standard deviation of the 12 counts over their mean: whole numbers up to the root.
select
    {{ all_but(counts) }},
    sqrt(
        (12 * ({{ squares | join(' + ') }}) - load_count_84d * load_count_84d) * 12 / 11
    ) / nullif(load_count_84d, 0) as weekly_load_count_variation_84d
from windows
