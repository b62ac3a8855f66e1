{{ staged_facts(
    'base_freight__load_changes',
    id='load_change_id',
    content=[
        'load_id',
        'change_type',
        'pickup_appointment_at',
        'delivery_appointment_at',
        'offered_linehaul_usd',
    ],
    references={
        'load_id': ['stg_freight__loads', 'load_id'],
    },
) }}
