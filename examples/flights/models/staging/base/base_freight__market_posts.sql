{{ no_rows({
    'market_post_id': 'string',
    'market_id': 'string',
    'equipment_type': 'string',
    'load_post_count': 'bigint',
    'truck_post_count': 'bigint',
}) }}
