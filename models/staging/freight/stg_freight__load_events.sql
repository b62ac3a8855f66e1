{{ staged_facts(
    'base_freight__load_events',
    id='load_event_id',
    content=[
        'load_id',
        'carrier_id',
        'event_type',
        'stop_type',
        'stop_sequence',
    ],
    references={
        'load_id': ['stg_freight__loads', 'load_id'],
    },
    snapshots={
        'carrier_id': ['stg_freight__carriers', 'carrier_id'],
    },
) }}
