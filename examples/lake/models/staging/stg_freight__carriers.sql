{{ milepost.staged_snapshots(
    'base_freight__carriers',
    id='carrier_id',
    absent='unchanged',
    content=[
        'carrier_name',
        'authority_granted_at',
        'truck_count',
        'inspection_count_24m',
        'out_of_service_count_24m',
        'contact_changed_at',
    ],
) }}
