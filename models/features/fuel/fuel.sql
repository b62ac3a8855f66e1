with

prices_in_order as (

    select
        *,
        max(event_at) over (
            order by known_at, event_at
            rows between unbounded preceding and current row
        ) as newest_event_at
    from {{ ref('stg_freight__fuel_prices') }}

),

-- A week's price that comes or is corrected after a later week's is no newer price.
prices as (

    select
        fuel_price_id,
        diesel_usd_per_gallon,
        event_at,
        known_at,
        superseded_at
    from prices_in_order
    where event_at = newest_event_at

),

windows as (

    {{ trailing_features(
        keys=[],
        features=[
            {
                'name': 'diesel_usd_per_gallon',
                'newest': 'prices.diesel_usd_per_gallon',
                'newest_within': '28d',
                'id': 'fuel_price_id',
            },
        ],
    ) }}

),

fuel as (

    select
        available_at,
        cast(diesel_usd_per_gallon as double) as diesel_usd_per_gallon,
        -- The usual schedule: the rate pays for diesel of 1.25 dollars a gallon, and a truck goes
        -- 6 miles on one.
        (diesel_usd_per_gallon - 1.25e0) / 6 as fuel_surcharge_rpm_usd
    from windows

)

select * from fuel
