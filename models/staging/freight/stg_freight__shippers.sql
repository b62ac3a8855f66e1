{{ staged_facts(
    'base_freight__shippers',
    id='shipper_id',
    content=[
        'segment',
    ],
) }}
