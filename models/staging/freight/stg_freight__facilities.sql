{{ staged_snapshots(
    'base_freight__facilities',
    id='facility_id',
    content=[
        'market_id',
        'latitude',
        'longitude',
        'time_zone',
        'appointment_policy',
    ],
    absent='unchanged',
    code_lists={
        'market_id': ['freight_markets', 'market_id', 'unknown'],
    },
) }}
