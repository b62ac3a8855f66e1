{{ no_rows({
    'shipper_id': 'string',
    'segment': 'string',
}, table='airlines') }}
