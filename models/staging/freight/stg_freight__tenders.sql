{{ staged_facts(
    'base_freight__tenders',
    id='tender_id',
    content=[
        'load_id',
        'carrier_id',
        'routing_guide_position',
        'linehaul_usd',
        'fuel_usd',
    ],
    references={
        'load_id': ['stg_freight__loads', 'load_id'],
    },
    snapshots={
        'carrier_id': ['stg_freight__carriers', 'carrier_id'],
    },
) }}
