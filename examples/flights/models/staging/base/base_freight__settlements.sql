{{ no_rows({
    'settlement_id': 'string',
    'load_id': 'string',
    'carrier_id': 'string',
    'linehaul_usd': 'decimal(12, 2)',
    'fuel_usd': 'decimal(12, 2)',
    'accessorials_usd': 'decimal(12, 2)',
}) }}
