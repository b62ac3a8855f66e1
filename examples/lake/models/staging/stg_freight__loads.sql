{{ milepost.staged_facts(
    'base_freight__loads',
    id='load_id',
    content=[
        'shipper_id',
        'origin_facility_id',
        'destination_facility_id',
        'equipment_type',
        'miles',
        'weight_pounds',
        'stop_count',
        'is_drop',
        'is_spot',
        'pickup_appointment_at',
        'delivery_appointment_at',
    ],
    snapshots={
        'shipper_id': ['stg_freight__shippers', 'shipper_id'],
        'origin_facility_id': ['stg_freight__facilities', 'facility_id'],
        'destination_facility_id': ['stg_freight__facilities', 'facility_id'],
    },
    code_lists={
        'equipment_type': ['equipment_types', 'equipment_type', 'unknown'],
    },
    deleted='is_deleted',
    sequence='lsn',
) }}
