{{ staged_facts(
    'base_freight__fuel_prices',
    id='fuel_price_id',
    content=[
        'diesel_usd_per_gallon',
    ],
) }}
