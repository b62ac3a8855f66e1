{{ no_rows({
    'bid_id': 'string',
    'load_id': 'string',
    'carrier_id': 'string',
    'linehaul_usd': 'decimal(12, 2)',
}) }}
