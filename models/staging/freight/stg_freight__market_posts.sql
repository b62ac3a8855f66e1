{{ staged_facts(
    'base_freight__market_posts',
    id='market_post_id',
    content=[
        'market_id',
        'equipment_type',
        'load_post_count',
        'truck_post_count',
    ],
    code_lists={
        'market_id': ['freight_markets', 'market_id'],
        'equipment_type': ['equipment_types', 'equipment_type'],
    },
) }}
