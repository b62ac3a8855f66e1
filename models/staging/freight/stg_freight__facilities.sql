{{ staged_facts(
    ref('base_freight__facilities'),
    id='facility_id',
    content=[
        'market_id',
        'latitude',
        'longitude',
        'time_zone',
        'appointment_policy',
    ],
    code_lists={
        'market_id': [ref('freight_markets'), 'market_id'],
    },
) }}
