{{ staged_snapshots(
    'base_freight__shippers',
    id='shipper_id',
    content=[
        'segment',
    ],
    absent='unchanged',
) }}
