{{ no_rows({
    'claim_id': 'string',
    'load_id': 'string',
    'claim_type': 'string',
    'amount_usd': 'decimal(12, 2)',
}) }}
