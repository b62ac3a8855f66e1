{{ set_aside({
    'loads': {
        'base': ref('base_freight__loads'),
        'staged': ref('stg_freight__loads'),
        'id': 'load_id',
        'snapshots': {
            'shipper_id': [ref('stg_freight__shippers'), 'shipper_id'],
            'origin_facility_id': [ref('stg_freight__facilities'), 'facility_id'],
            'destination_facility_id': [ref('stg_freight__facilities'), 'facility_id'],
        },
        'code_lists': {
            'equipment_type': [ref('equipment_types'), 'equipment_type'],
        },
    },
    'load_changes': {
        'base': ref('base_freight__load_changes'),
        'staged': ref('stg_freight__load_changes'),
        'id': 'load_change_id',
        'references': {
            'load_id': [ref('stg_freight__loads'), 'load_id'],
        },
    },
    'tenders': {
        'base': ref('base_freight__tenders'),
        'staged': ref('stg_freight__tenders'),
        'id': 'tender_id',
        'references': {
            'load_id': [ref('stg_freight__loads'), 'load_id'],
        },
        'snapshots': {
            'carrier_id': [ref('stg_freight__carriers'), 'carrier_id'],
        },
    },
    'tender_responses': {
        'base': ref('base_freight__tender_responses'),
        'staged': ref('stg_freight__tender_responses'),
        'id': 'tender_response_id',
        'references': {
            'tender_id': [ref('stg_freight__tenders'), 'tender_id'],
        },
    },
    'bids': {
        'base': ref('base_freight__bids'),
        'staged': ref('stg_freight__bids'),
        'id': 'bid_id',
        'references': {
            'load_id': [ref('stg_freight__loads'), 'load_id'],
        },
        'snapshots': {
            'carrier_id': [ref('stg_freight__carriers'), 'carrier_id'],
        },
    },
    'load_events': {
        'base': ref('base_freight__load_events'),
        'staged': ref('stg_freight__load_events'),
        'id': 'load_event_id',
        'references': {
            'load_id': [ref('stg_freight__loads'), 'load_id'],
        },
        'snapshots': {
            'carrier_id': [ref('stg_freight__carriers'), 'carrier_id'],
        },
    },
    'settlements': {
        'base': ref('base_freight__settlements'),
        'staged': ref('stg_freight__settlements'),
        'id': 'settlement_id',
        'references': {
            'load_id': [ref('stg_freight__loads'), 'load_id'],
        },
        'snapshots': {
            'carrier_id': [ref('stg_freight__carriers'), 'carrier_id'],
        },
    },
    'claims': {
        'base': ref('base_freight__claims'),
        'staged': ref('stg_freight__claims'),
        'id': 'claim_id',
        'references': {
            'load_id': [ref('stg_freight__loads'), 'load_id'],
        },
    },
    'carriers': {
        'base': ref('base_freight__carriers'),
        'staged': ref('stg_freight__carriers'),
        'id': 'carrier_id',
    },
    'shippers': {
        'base': ref('base_freight__shippers'),
        'staged': ref('stg_freight__shippers'),
        'id': 'shipper_id',
    },
    'facilities': {
        'base': ref('base_freight__facilities'),
        'staged': ref('stg_freight__facilities'),
        'id': 'facility_id',
        'code_lists': {
            'market_id': [ref('freight_markets'), 'market_id'],
        },
    },
    'market_posts': {
        'base': ref('base_freight__market_posts'),
        'staged': ref('stg_freight__market_posts'),
        'id': 'market_post_id',
        'code_lists': {
            'market_id': [ref('freight_markets'), 'market_id'],
            'equipment_type': [ref('equipment_types'), 'equipment_type'],
        },
    },
    'fuel_prices': {
        'base': ref('base_freight__fuel_prices'),
        'staged': ref('stg_freight__fuel_prices'),
        'id': 'fuel_price_id',
    },
}, source_name='freight') }}
