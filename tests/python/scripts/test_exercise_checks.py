"""What the checks of the exercises say of answers that are nearly right."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import exercise_checks
from milepost import FeatureStore
from milepost.storage.location import Location
from small_releases import at, put_view, release, rows_of

ROOT = Path(__file__).parents[3]
HANDED_OUT = (ROOT / "docs/exercises/start/leak.sql").read_text()
SOLUTION = (ROOT / "tests/fixtures/exercises/leak.sql").read_text()
TYPES = {
    "carrier_id": "VARCHAR",
    "available_at": "TIMESTAMP",
    "on_time_delivery_rate_28d": "DOUBLE",
    "delivery_count_28d": "BIGINT",
}
# Known before the booking and again after it; known only after it; known exactly when it is made.
ROWS = [
    ("early", at("2026-02-01"), 0.5, 2),
    ("early", at("2026-02-12"), 0.75, 4),
    ("late", at("2026-02-11"), 1.0, 1),
    ("exact", at("2026-02-10"), 1.0, 3),
]
BOOKED_AT = at("2026-02-10")


@pytest.fixture
def shelf(store: Location) -> FeatureStore:
    release(store, put_view(store, "carrier_reliability", rows_of(TYPES, *ROWS)))
    return FeatureStore(store.uri())


def hint(shelf: FeatureStore, sql: str) -> str | None:
    carriers = ("early", "late", "exact")
    instants = [BOOKED_AT - timedelta(microseconds=n) for n in (1, 2, 0)]
    bookings = pa.table(
        {
            "load_event_id": [f"of_{carrier}" for carrier in carriers],
            "carrier_id": carriers,
            "event_timestamp": pa.array(instants, pa.timestamp("us")),
            "horizon_at": pa.array([at("2026-02-20")] * 3, pa.timestamp("us")),
            "outcome": [True, False, True],
        }
    )
    return exercise_checks.leak_hint(sql, bookings, rows_of(TYPES, *ROWS), shelf)


def test_the_solution_has_no_leak_and_the_query_that_is_handed_out_has(shelf: FeatureStore) -> None:
    assert hint(shelf, SOLUTION) is None
    assert "has another `delivery_count_28d`" in str(hint(shelf, HANDED_OUT))


def test_each_half_of_the_solution_leaks_the_other(shelf: FeatureStore) -> None:
    without_later_rows = HANDED_OUT.replace("bookings.horizon_at >=", "bookings.event_timestamp >=")
    assert "has another `on_time_delivery_rate_28d`" in str(hint(shelf, without_later_rows))
    without_mean = SOLUTION.replace("bookings.event_timestamp >=", "bookings.horizon_at >=")
    assert "has another `delivery_count_28d`" in str(hint(shelf, without_mean))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("asof left join", "asof join", "1 bookings are lost"),
        (
            "event_timestamp >= features",
            "event_timestamp - interval 1 year >= features",
            "a lookup",
        ),
        ("event_timestamp >= features", "event_timestamp > features", "a lookup says 3"),
        ("features.delivery_count_28d,", "", "leak.sql does not run"),
        ("from bookings", "from booking", "leak.sql does not run"),
    ],
)
def test_an_answer_that_is_nearly_right(shelf: FeatureStore, old: str, new: str, says: str) -> None:
    assert old in SOLUTION
    assert says in str(hint(shelf, SOLUTION.replace(old, new)))


def test_a_lineage_names_all_and_no_more() -> None:
    def hint_of(*tables: str) -> str | None:
        return exercise_checks.set_hint("raw_tables", {"raw_tables": [*tables]}, {"a", "b"})

    assert hint_of("a", "b") is None
    assert "`c` of `raw_tables`" in str(hint_of("a", "b", "c"))
    assert "lacks 1" in str(hint_of("a"))
    assert "lacks 2" in str(exercise_checks.set_hint("raw_tables", {}, {"a", "b"}))
