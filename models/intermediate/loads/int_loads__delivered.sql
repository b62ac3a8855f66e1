select
    load_event_id,
    load_id,
    carrier_id,
    market_id,
    equipment_type,
    is_on_time,
    minutes_late,
    event_at,
    known_at,
    superseded_at
from {{ ref('int_loads__arrived') }}
where stop_type = 'delivery'
