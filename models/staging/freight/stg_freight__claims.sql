{{ staged_facts(
    'base_freight__claims',
    id='claim_id',
    content=[
        'load_id',
        'claim_type',
        'amount_usd',
    ],
    references={
        'load_id': ['stg_freight__loads', 'load_id'],
    },
) }}
