{{ milepost.staged_facts(
    'base_freight__settlements',
    id='settlement_id',
    content=[
        'load_id',
        'carrier_id',
        'linehaul_usd',
        'fuel_usd',
        'accessorials_usd',
    ],
    references={
        'load_id': ['stg_freight__loads', 'load_id'],
    },
    snapshots={
        'carrier_id': ['stg_freight__carriers', 'carrier_id'],
    },
    deleted='is_deleted',
) }}
