{{ staged_facts(
    ref('base_freight__shippers'),
    id='shipper_id',
    content=[
        'segment',
    ],
) }}
