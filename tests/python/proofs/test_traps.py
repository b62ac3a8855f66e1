"""The leaks that freight invites, one test each, on a raw log that a reader can check by eye.

Times are of January 2026. A daily row of grid instant g counts what landed before g.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from milepost.raw import landing
from milepost.storage.location import Location
from proofs.conftest import freight
from proofs.work import Work, place

pytestmark = pytest.mark.slow

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 12)
LANE = {"origin_market_id": "atlanta_ga", "destination_market_id": "boston_ma"}
Row = dict[str, Any]


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute)


def load(load_id: str, posted_at: datetime, *, origin: str = "atlanta") -> Row:
    return {
        "load_id": load_id,
        "shipper_id": "shipper",
        "origin_facility_id": origin,
        "destination_facility_id": "boston",
        "equipment_type": "van",
        "miles": 1000.0,
        "stop_count": 2,
        "is_drop": False,
        "is_spot": True,
        "pickup_appointment_at": at(3, 12),
        "delivery_appointment_at": at(5, 12),
        "posted_at": posted_at,
        "landed_at": posted_at + timedelta(minutes=5),
    }


def event(load_id: str, carrier: str, kind: str, occurred_at: datetime, landed_at: datetime) -> Row:
    stops = {"picked_up": ("pickup", 1), "arrived": ("delivery", 2), "delivered": ("delivery", 2)}
    stop_type, stop_sequence = stops.get(kind, (None, None))
    return {
        "load_event_id": f"{load_id} {kind}",
        "load_id": load_id,
        "carrier_id": carrier,
        "event_type": kind,
        "stop_type": stop_type,
        "stop_sequence": stop_sequence,
        "occurred_at": occurred_at,
        "landed_at": landed_at,
    }


def settlement(load_id: str, carrier: str, settled_at: datetime, landed_at: datetime) -> Row:
    return {
        "settlement_id": load_id,
        "load_id": load_id,
        "carrier_id": carrier,
        "linehaul_usd": Decimal("2500.00"),
        "fuel_usd": Decimal("300.00"),
        "accessorials_usd": Decimal("0.00"),
        "settled_at": settled_at,
        "landed_at": landed_at,
    }


def tender(number: int, load_id: str, tendered_at: datetime) -> Row:
    return {
        "tender_id": f"tender {number}",
        "load_id": load_id,
        "carrier_id": f"carrier {number}",
        "routing_guide_position": number,
        "linehaul_usd": Decimal("2500.00"),
        "fuel_usd": Decimal("300.00"),
        "tendered_at": tendered_at,
        "landed_at": tendered_at + timedelta(minutes=5),
    }


def response(number: int, said: str, responded_at: datetime, landed_at: datetime) -> Row:
    return {
        "tender_response_id": f"response {number}",
        "tender_id": f"tender {number}",
        "response": said,
        "responded_at": responded_at,
        "landed_at": landed_at,
    }


def facility(facility_id: str, market_id: str, snapshot_at: datetime) -> Row:
    return {
        "facility_id": facility_id,
        "market_id": market_id,
        "latitude": 33.7,
        "longitude": -84.4,
        "time_zone": "America/New_York",
        "appointment_policy": "appointment",
        "snapshot_at": snapshot_at,
        "landed_at": snapshot_at + timedelta(minutes=20),
    }


def appointment(number: int, delivery_appointment_at: datetime, changed_at: datetime) -> Row:
    return {
        "load_change_id": f"change {number}",
        "load_id": "moved",
        "change_type": "appointment",
        "delivery_appointment_at": delivery_appointment_at,
        "changed_at": changed_at,
        "landed_at": changed_at + timedelta(minutes=5),
    }


CARRIERS = [f"carrier {n}" for n in range(1, 9)]
SETTLED_AFTER, POSTED_AFTER = "settled after the move", "posted after the move"
SPOT = {f"spot {n}": f"carrier {n}" for n in range(1, 9)}
TABLES: dict[str, list[Row]] = {
    "carriers": [
        {"carrier_id": name, "carrier_name": name, "snapshot_at": at(1), "landed_at": at(1, 0, 20)}
        for name in ("outcome", "on time", "untyped", *CARRIERS)
    ],
    "shippers": [
        {"shipper_id": "shipper", "snapshot_at": at(1), "landed_at": at(1, 0, 20)},
    ],
    "facilities": [
        facility("atlanta", "atlanta_ga", at(1)),
        facility("boston", "boston_ma", at(1)),
        facility("elsewhere", "moon", at(1)),
        # from the 8th on it is said to lie elsewhere
        facility("atlanta", "denver_co", at(8)),
    ],
    "loads": [
        *(load(name, at(2, 10)) for name in SPOT),
        load("predicted", at(2, 10)),
        load("moved", at(2, 10)),
        load(SETTLED_AFTER, at(2, 10)),
        load(POSTED_AFTER, at(10, 8)),
        {**load("of no type", at(2, 10)), "equipment_type": None},
        {**load("of another type", at(2, 10)), "equipment_type": "boat"},
        load("from another market", at(2, 10), origin="elsewhere"),
    ],
    "load_changes": [
        # later before the truck arrives, and earlier again when it has
        appointment(1, at(5, 18), at(3, 10)),
        appointment(2, at(5, 9), at(7, 10)),
    ],
    "tenders": [
        *(tender(n, "spot 1", at(2, 10, 10)) for n in (1, 2, 3, 4)),
        tender(5, POSTED_AFTER, at(10, 9)),
    ],
    "tender_responses": [
        response(1, "rejected", at(2, 10, 30), at(2, 10, 31)),
        response(2, "accepted", at(2, 10, 30), at(2, 10, 31)),
        # said on the 2nd, known on the 4th; the third tender is never answered
        response(4, "rejected", at(2, 10, 30), at(4, 9, 30)),
        response(5, "accepted", at(10, 10), at(10, 10, 1)),
    ],
    "load_events": [
        *(
            event(name, carrier, "picked_up", at(3, 12), at(3, 13))
            for name, carrier in SPOT.items()
        ),
        event("predicted", "outcome", "booked", at(2, 11), at(2, 11, 1)),
        event("predicted", "outcome", "arrived", at(5, 23), at(6, 1)),
        event("moved", "on time", "arrived", at(5, 15), at(5, 16)),
        *(
            event(name, "untyped", "arrived", at(5, 11), at(5, 11, 5))
            for name in ("of no type", "of another type", "from another market")
        ),
        event(POSTED_AFTER, "carrier 1", "picked_up", at(10, 11), at(10, 11, 5)),
    ],
    "settlements": [
        *(settlement(name, carrier, at(6, 8), at(7, 20)) for name, carrier in SPOT.items()),
        settlement(SETTLED_AFTER, "carrier 1", at(9, 8), at(9, 20)),
        settlement(POSTED_AFTER, "carrier 1", at(10, 12), at(10, 20)),
    ],
    "fuel_prices": [
        {
            "fuel_price_id": "monday",
            "diesel_usd_per_gallon": Decimal("3.700"),
            "priced_at": at(5),
            "landed_at": at(5, 22),
        },
    ],
    "bids": [],
    "claims": [],
    "market_posts": [],
}
ARROW_TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "decimal(12,2)": pa.decimal128(12, 2),
    "decimal(6,3)": pa.decimal128(6, 3),
}


def land(raw: Location, sources: list[Any]) -> None:
    entries = {}
    for source in sources:
        columns = source["columns"].values()
        schema = pa.schema([(c["name"], ARROW_TYPES[c["data_type"]]) for c in columns])
        rows = pa.Table.from_pylist(TABLES[source["name"]], schema)
        rows = rows.append_column("landing_date", rows["landed_at"].cast(pa.date32()))
        entries[source["name"]] = landing.land(
            raw, source["name"], rows.sort_by("landing_date"), first=FIRST, last=LAST
        )
    landing.close(raw, entries, first=FIRST, last=LAST, written_by="test")


@pytest.fixture(scope="module")
def built(s3_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Work:
    work = freight(tmp_path_factory.mktemp("traps") / "freight", place("raw"))
    work.dbt("parse")
    land(work.raw, [n for n in work.catalog.nodes.values() if n["resource_type"] == "source"])
    work.run()
    # No feature view is made from it yet.
    work.dbt("run", "--select", "+stg_freight__fuel_prices")
    return work


def row_at(built: Work, view_name: str, grid_at: datetime, features: str, **keys: str) -> Any:
    """The features of the newest row at or before a grid instant, or None where there is none."""
    (view,) = (view for view in built.catalog.feature_views() if view.name == view_name)
    with duckdb.connect(built.database, read_only=True) as scratch:
        return scratch.execute(
            f"select {features} from {view.relation} "
            f"where available_at - interval '{view.serving_delay_minutes}' minute <= $grid_at "
            f"and {' and '.join(f'{key} = ${key}' for key in keys)} "
            "order by available_at desc limit 1",
            {"grid_at": grid_at, **keys},
        ).fetchone()


def test_a_rate_is_known_when_it_is_settled_not_when_the_load_is_picked_up(built: Work) -> None:
    asked = ("lane_rates", "spot_load_count_30d")
    lane = {**LANE, "equipment_type": "van"}
    # picked up on the 3rd, settled on the 6th, known on the 7th
    for day in (4, 5, 6, 7):
        assert row_at(built, asked[0], at(day), asked[1], **lane) is None
    assert row_at(built, asked[0], at(8), asked[1], **lane) == (8,)


def test_a_rejection_rate_counts_only_responses_known_by_then(built: Work) -> None:
    features = "outbound_tender_count_7d, outbound_tender_rejection_rate_7d"
    market = {"market_id": "atlanta_ga", "equipment_type": "van"}

    def rate(grid_at: datetime) -> Any:
        return row_at(built, "market_balance", grid_at, features, **market)

    # four are open: an open tender counts as neither
    assert rate(at(2, 10)) is None
    assert rate(at(2, 11)) == (2, 1 / 2)
    assert rate(at(4, 9)) == (2, 1 / 2)
    assert rate(at(4, 10)) == (3, 2 / 3)


def test_a_loads_own_outcome_is_in_no_feature_at_its_prediction_instant(built: Work) -> None:
    features = "delivery_count_28d, on_time_delivery_rate_28d"

    def reliability(grid_at: datetime) -> Any:
        return row_at(built, "carrier_reliability", grid_at, features, carrier_id="outcome")

    # booked on the 2nd; arrived late on the 5th, which was known on the 6th
    for day in (3, 4, 5, 6):
        assert (reliability(at(day)) or (0, None)) == (0, None)
    assert reliability(at(7)) == (1, 0.0)


def test_an_index_price_counts_from_its_publication(built: Work) -> None:
    with duckdb.connect(built.database, read_only=True) as scratch:
        prices = scratch.execute(
            "select event_at, known_at from main_staging.stg_freight__fuel_prices"
        ).fetchall()
    assert prices == [(at(5), at(5, 22))]


def test_a_snapshot_counts_from_its_landing_and_does_not_reach_back(built: Work) -> None:
    feature = "spot_load_count_30d"
    to_boston = {"destination_market_id": "boston_ma", "equipment_type": "van"}
    atlanta = {"origin_market_id": "atlanta_ga", **to_boston}
    denver = {"origin_market_id": "denver_co", **to_boston}
    # what was posted before the facility moved stays where it was, also when it is settled later
    assert row_at(built, "lane_rates", at(10), feature, **atlanta) == (9,)
    assert row_at(built, "lane_rates", at(10), feature, **denver) is None
    assert row_at(built, "lane_rates", at(13), feature, **atlanta) == (9,)
    assert row_at(built, "lane_rates", at(13), feature, **denver) == (1,)
    for day, market in ((8, "atlanta_ga"), (9, "denver_co")):
        features = ("facility_place", at(day), "facility_market_id")
        assert row_at(built, *features, facility_id="atlanta") == (market,)


def test_a_changed_appointment_counts_as_it_stood_when_the_truck_arrived(built: Work) -> None:
    features = "delivery_count_28d, on_time_delivery_rate_28d"
    # due at 12:00 as posted, at 18:00 when it arrived at 15:00, at 9:00 as it ended
    for day in (6, 13):
        row = row_at(built, "carrier_reliability", at(day), features, carrier_id="on time")
        assert row == (1, 1.0)


def test_what_was_said_of_a_load_counts_from_when_it_was_known(built: Work) -> None:
    def progress(load_id: str, grid_at: datetime) -> Any:
        features = "offer_count, tender_rejection_count, appointment_change_count"
        return row_at(built, "load_progress", grid_at, features, load_id=load_id)

    # a tender of the 2nd was rejected at once, which was known on the 4th
    assert progress("spot 1", at(2, 11)) == (4, 1, 0)
    assert progress("spot 1", at(4, 9)) == (4, 1, 0)
    assert progress("spot 1", at(4, 10)) == (4, 2, 0)
    # moved on the 3rd and on the 7th
    assert progress("moved", at(3, 10)) == (0, 0, 0)
    assert progress("moved", at(3, 11)) == (0, 0, 1)
    assert progress("moved", at(12)) == (0, 0, 2)


def test_a_load_without_a_known_type_or_market_counts_for_its_carrier(built: Work) -> None:
    features = "delivery_count_28d, on_time_delivery_rate_28d"
    row = row_at(built, "carrier_reliability", at(6), features, carrier_id="untyped")
    assert row == (3, 1.0)
    with duckdb.connect(built.database, read_only=True) as scratch:
        keys = scratch.execute(
            "select distinct market_id, equipment_type from main_features.market_balance "
            "union select 'atlanta_ga', equipment_type from main_features.national_balance"
        ).fetchall()
        deliveries = scratch.execute(
            "select max(delivery_count_7d) from main_features.market_balance"
        ).fetchall()
    assert {kind for _, kind in keys} == {"van"}
    assert {market for market, _ in keys} <= {"atlanta_ga", "boston_ma", "denver_co"}
    # of the three, the one of a known type to a known market, and the two that stand above
    assert deliveries == [(3,)]
