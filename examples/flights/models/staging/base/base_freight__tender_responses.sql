{{ no_rows({
    'tender_response_id': 'string',
    'tender_id': 'string',
    'response': 'string',
}) }}
