{{ staged_facts(
    'base_freight__tender_responses',
    id='tender_response_id',
    content=[
        'tender_id',
        'response',
    ],
    references={
        'tender_id': ['stg_freight__tenders', 'tender_id'],
    },
) }}
