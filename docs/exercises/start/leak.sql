-- Training rows for a model that predicts, when a carrier books a load, whether it will deliver late.
-- bookings: carrier_id, event_timestamp (when the carrier books), outcome (late or not), horizon_at (when the
-- outcome is counted). carrier_reliability: the rows of the feature view, as they were published.
select
    bookings.load_event_id,
    bookings.event_timestamp,
    bookings.outcome,
    features.delivery_count_28d,
    coalesce(
        features.on_time_delivery_rate_28d,
        (select avg(carrier_reliability.on_time_delivery_rate_28d) from carrier_reliability)
    ) as on_time_delivery_rate_28d
from bookings
asof left join carrier_reliability as features
    on bookings.carrier_id = features.carrier_id and bookings.horizon_at >= features.available_at
