"""The feature views of the freight domain, as a broker's models ask for them: each is on the shelf.

The left side are the words of the domain's table of feature views, in its order; the right side
is what the project calls them. A feature of another view is written `view:feature`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from milepost.building.catalog import Catalog

DOMAIN = Path(__file__).parents[4] / "shared/freight_domain.md"
SHELF = {
    "market_balance": {
        "load_to_truck_ratio 1d, 7d": "load_to_truck_ratio_1d load_to_truck_ratio_7d",
        "outbound and inbound tender rejection rate 7d and its change on the 7d before": (
            "outbound_tender_rejection_rate_7d inbound_tender_rejection_rate_7d "
            "outbound_tender_rejection_rate_change_7d inbound_tender_rejection_rate_change_7d"
        ),
        "tender count 7d": "outbound_tender_count_7d inbound_tender_count_7d",
        "headhaul 7d": "headhaul_loads_7d",
        "share of national tenders 7d": "outbound_tender_share_7d",
        "weighted rejection (share x change)": "weighted_outbound_rejection_rate_change_7d",
        "tender lead time mean 7d": "outbound_tender_lead_time_mean_hours_7d",
        "loads out per truck in, 7d": "loads_out_per_truck_in_7d",
    },
    "market_capacity": {
        "open loads with pickup within 48h": "open_load_count_next_48h",
        "trucks posted within 24h": "truck_post_count_24h",
    },
    "lane_rates": {
        "spot rpm p50 7d, 30d, interquartile range 30d": (
            "spot_rpm_p50_usd_7d spot_rpm_p50_usd_30d spot_rpm_interquartile_range_usd_30d"
        ),
        "contract rpm p50 90d": "contract_rpm_p50_usd_90d",
        "spot minus contract 30d": "spot_minus_contract_rpm_p50_usd_30d",
        "p50 7d over p50 28d": "spot_rpm_p50_ratio_7d_to_28d",
        "ratio to the same weeks a year before": "spot_rpm_p50_ratio_28d_to_28d_before_364d",
        "sample sizes": (
            "spot_load_count_7d spot_carrier_count_7d spot_load_count_28d spot_carrier_count_28d "
            "spot_load_count_30d spot_carrier_count_30d contract_load_count_90d "
            "contract_carrier_count_90d market_rates:spot_load_count_30d "
            "spot_rpm_p50_usd_7d_or_origin spot_rpm_p50_usd_30d_or_origin has_enough_spot_loads_30d"
        ),
    },
    "lane_volume": {
        "loads 28d": "load_count_28d",
        "weekly volume coefficient of variation 12w": "weekly_load_count_variation_84d",
        "distinct carriers 90d": "carrier_count_90d",
        "miles": "miles_mean_28d",
    },
    "lane_service": {
        "transit hours p50, p90 90d": "transit_p50_hours_90d transit_p90_hours_90d",
        "tender rejection rate 28d": "tender_rejection_rate_28d",
        "routing-guide depth mean 28d": "routing_guide_depth_mean_28d",
    },
    "carrier_tenders": {
        "acceptance rate 90d": "tender_acceptance_rate_90d",
        "response minutes p50 30d": "tender_response_time_p50_minutes_30d",
        "tenders 30d": "tender_count_30d",
    },
    "carrier_reliability": {
        "on-time pickup rate over the last 50 loads": "on_time_pickup_rate_last_50",
        "on-time delivery rate 28d, 90d": "on_time_delivery_rate_28d on_time_delivery_rate_90d",
        "minutes late p90 90d": "lateness_p90_minutes_90d",
        "fall-off rate over the last 50 loads within 360d": "fall_off_rate_last_50",
        "fall-off severity (0 at 48h or more before pickup, 1 at 24h or less, linear between)": (
            "fall_off_severity_mean_last_50"
        ),
    },
    "carrier_activity": {
        "loads 7d, 28d, 90d": "load_count_7d load_count_28d load_count_90d",
        "last load at": "last_load_at days_since_last_load",
        "active loads": "active_load_count",
        "share of loads tracked 30d": "tracked_load_rate_30d",
        "claims per 1000 loads 365d": "claims_per_1000_loads_365d",
    },
    "carrier_safety": {
        "authority granted at": "authority_granted_at authority_age_days",
        "out-of-service rate 24m": "out_of_service_rate_730d",
        "contact changes 30d": "contact_change_count_30d",
    },
    "carrier_lane_experience": {
        "loads 180d": "load_count_180d",
        "share of the lane 180d": "lane_share_180d",
        "rpm over the lane's 180d": "rpm_ratio_to_lane_180d",
        "last load at": "last_load_at days_since_last_load",
    },
    "facility_dwell": {
        "dwell minutes p50, p90 90d": "dwell_p50_minutes_90d dwell_p90_minutes_90d",
        "detention rate 90d": "detention_rate_90d",
        "stops 90d": "stop_count_90d",
    },
    "shipper_behavior": {
        "cancellation rate 90d": "cancellation_rate_90d",
        "reschedule rate 90d": "reschedule_rate_90d",
        "tender lead time mean 90d": "tender_lead_time_mean_hours_90d",
        "loads 28d": "load_count_28d",
    },
    "load_progress": {
        "prior rejections": "tender_rejection_count",
        "bids so far": "bid_count",
        "best bid over the offer": "best_bid_to_offer_ratio",
        "reprices": "reprice_count",
        "appointment changes": "appointment_change_count",
        "pickup appointment at": "pickup_appointment_at hours_to_pickup",
        "lead time hours": "lead_time_hours",
        "stops": "stop_count",
        "weight": "weight_pounds",
        "live or drop": "is_drop",
    },
    "fuel": {
        "diesel price": "diesel_usd_per_gallon",
        "fuel surcharge per mile": "fuel_surcharge_rpm_usd",
    },
}
DERIVED = {
    "hours to pickup": "market_capacity:hours_to_pickup load_progress:hours_to_pickup",
    "days since last load": "carrier_activity:days_since_last_load",
    "authority age": "carrier_safety:authority_age_days",
    "offer over lane p50 x miles": "lane_rates:offered_rpm_ratio_to_spot_p50_30d",
    "pickup weekday and hour in the facility's local time": (
        "facility_place:local_pickup_weekday facility_place:local_pickup_hour"
    ),
    "deadhead miles from a given position": "facility_place:deadhead_miles",
}


def test_each_feature_of_the_domain_is_on_the_shelf(dbt_manifest: Path) -> None:
    shelf = {
        f"{view.name}:{name}"
        for view in Catalog.read(dbt_manifest).feature_views()
        for name in [*view.features, *(feature.name for feature in view.derived)]
    }
    wanted = {
        name if ":" in name else f"{view}:{name}"
        for view, features in [*SHELF.items(), ("", DERIVED)]
        for names in features.values()
        for name in names.split()
    }
    assert wanted - shelf == set()


@pytest.mark.skipif(not DOMAIN.exists(), reason=f"{DOMAIN.name} of the domain is not here")
def test_the_domain_asks_for_nothing_more() -> None:
    part = DOMAIN.read_text().split("## Feature views")[1].split("## Training sets")[0]
    table = re.findall(r"^\| (\w+) \| [^|]+ \| (.+) \|$", part, re.MULTILINE)
    asked = {view: re.split(r"; |\. ", features) for view, features in table if view != "view"}
    # What ends a list says of all of the view, and is no feature of its own.
    for view, note in [("market_balance", "Hourly grain"), ("lane_rates", "Null unless")]:
        assert asked[view].pop().startswith(note)
    assert asked == {view: list(features) for view, features in SHELF.items()}
    derived = re.search(
        r"Derived at lookup from the row and the request: (.+)\.\n", part, re.DOTALL
    )
    assert derived
    assert " ".join(derived[1].split()).split(", ") == list(DERIVED)
