"""What the checks of the exercises say of answers that are nearly right."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import exercise_checks
import exercise_leak
import exercises
from milepost import FeatureStore
from milepost.errors import MilepostError
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


def hint(shelf: FeatureStore, sql: str, count: int = 3) -> str | None:
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
    return exercise_leak.hint(sql, bookings[:count], rows_of(TYPES, *ROWS), shelf)


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
        ("features.delivery_count_28d,", "", "`delivery_count_28d` is left out"),
        (
            ",\n    features.on_time_delivery_rate_28d",
            "",
            "`on_time_delivery_rate_28d` is left out",
        ),
        ("bookings.outcome,", "", "`outcome` is left out"),
        ("bookings.event_timestamp,", "", "`event_timestamp` is left out"),
        ("bookings.outcome,", "bookings.outcome, bookings.horizon_at,", "`horizon_at` was not"),
        ("bookings.outcome,", "not bookings.outcome as outcome,", "has another outcome than in"),
        (
            "features.on_time_delivery_rate_28d",
            "bookings.outcome::double as on_time_delivery_rate_28d",
            "has the on_time_delivery_rate_28d 1.0, a lookup says 0.5",
        ),
        ("from bookings", "from range(3), bookings", "there are 6 rows more than bookings"),
        ("from bookings", "from booking", "leak.sql does not run"),
    ],
)
def test_an_answer_that_is_nearly_right(shelf: FeatureStore, old: str, new: str, says: str) -> None:
    assert old in SOLUTION
    assert says in str(hint(shelf, SOLUTION.replace(old, new)))


def test_a_query_that_loses_a_booking_when_later_rows_are_taken_away(shelf: FeatureStore) -> None:
    only_known_once = f"{SOLUTION} where carrier_id in (select carrier_id from carrier_reliability)"
    only_known_once = only_known_once.replace("where carrier_id", "where bookings.carrier_id")
    assert "`of_late` at 2026-02-09 23:59:59.999998 is lost when" in str(
        hint(shelf, only_known_once)
    )


@pytest.mark.parametrize("sql", ["", "-- nothing", "create table a as select 1", "select"])
def test_a_query_that_selects_nothing(shelf: FeatureStore, sql: str) -> None:
    assert "leak.sql does not run" in str(hint(shelf, sql))


def test_without_bookings_nothing_is_solved(shelf: FeatureStore) -> None:
    for sql in (HANDED_OUT, SOLUTION):
        assert "there are no bookings" in str(hint(shelf, sql, count=0))


def test_a_lineage_names_all_and_no_more() -> None:
    def hint_of(*tables: str) -> str | None:
        return exercise_checks.set_hint("raw_tables", {"raw_tables": [*tables]}, {"a", "b"})

    assert hint_of("a", "b") is None
    assert "`c` of `raw_tables`" in str(hint_of("a", "b", "c"))
    assert "lacks 1" in str(hint_of("a"))
    assert "lacks 2" in str(exercise_checks.set_hint("raw_tables", {}, {"a", "b"}))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "has no list `raw_tables`"),
        (["a"], "has no list `raw_tables`"),
        ("a", "has no list `raw_tables`"),
        ({"raw_tables": "a"}, "has no list `raw_tables`"),
        ({"raw_tables": None}, "lacks 1"),
        ({"raw_tables": [None, 1]}, "`1` of `raw_tables` is not in the lineage"),
        ({"raw_tables": [{"a": 1}, ["a"]]}, "of `raw_tables` is not in the lineage"),
    ],
)
def test_a_lineage_in_another_form(answer: object, says: str) -> None:
    assert says in str(exercise_checks.set_hint("raw_tables", answer, {"a"}))


@pytest.mark.parametrize("answer", [None, b"raw_tables: [", b"raw_tables: [\xff]"])
def test_an_answer_that_cannot_be_read(
    tmp_path: Path, store: Location, answer: bytes | None
) -> None:
    workspace = exercise_checks.Workspace(tmp_path, store, tmp_path)
    if answer is not None:
        (tmp_path / "lineage.yml").write_bytes(answer)
    hint = exercise_checks.read_a_lineage(workspace)
    assert str(hint).startswith("lineage.yml cannot be read: ")
    assert str(exercise_checks.find_the_leak(workspace)).startswith("leak.sql cannot be read: ")


def test_an_exercise_that_there_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["exercises.py", "--only", "9"])
    with pytest.raises(SystemExit) as ended:
        exercises.main()
    assert ended.value.code == 2
    assert "invalid choice: '9'" in capsys.readouterr().err


@pytest.mark.parametrize("changed", ["carrier_tenders", "market_capacity", None])
def test_a_copy_is_made_of_views_as_they_were_published(
    tmp_path: Path, store: Location, changed: str | None
) -> None:
    """Otherwise an exercise is solved by what had changed before."""
    views = []
    for name in ("carrier_tenders", "market_capacity"):
        types = exercises.declared_columns(ROOT / "models", name)
        keys = tuple(types)[: tuple(types).index("available_at")]
        if name == changed:
            types.popitem()
        views.append(put_view(store, name, rows_of(types), keys=keys))
    release(store, *views)
    (tmp_path / "scratch.duckdb").touch()
    running = exercises.RunningProject(tmp_path / "scratch.duckdb", store)
    folder = tmp_path / "exercises"
    copies = Location(store.bucket, f"{store.prefix}/exercises")
    workspace = exercise_checks.Workspace(folder, copies, running.database)
    if changed:
        with pytest.raises(MilepostError, match=f"`{changed}` has other columns than in the"):
            exercises.prepare(workspace, running)
        assert not folder.exists()
    else:
        exercises.prepare(workspace, running)
        assert (folder / "project/models").exists()


def test_a_folder_outside_of_the_clone_is_shown_whole(tmp_path: Path) -> None:
    assert exercises.shown(tmp_path) == tmp_path
    assert exercises.shown(ROOT / "docs/exercises") == Path("docs/exercises")
