{{ no_rows({
    'tender_id': 'string',
    'load_id': 'string',
    'carrier_id': 'string',
    'routing_guide_position': 'bigint',
    'linehaul_usd': 'decimal(12, 2)',
    'fuel_usd': 'decimal(12, 2)',
}) }}
