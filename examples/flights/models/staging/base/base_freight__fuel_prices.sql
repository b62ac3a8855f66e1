{{ no_rows({
    'fuel_price_id': 'string',
    'diesel_usd_per_gallon': 'decimal(6, 3)',
}) }}
