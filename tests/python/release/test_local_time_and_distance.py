"""Local hours, weekdays and distances: equal from Python, from DuckDB and in the macros' SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expressions import Oracle, column, macro
from milepost.reading import derived_values
from milepost.reading.derived_values import FEW_ROWS, evaluate
from milepost.release.derived import Derived
from milepost.release.expression_tree import column_names, parse
from milepost.release.time_zones import TIME_ZONES

HOUR, WEEKDAY = "local_hour(t, s)", "local_weekday(t, s)"
MILES = "great_circle_miles(a, b, c, d)"
START, END = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1980, 2038))
# At each of these instants, the hour and the weekday that the clocks show.
SHOWN = {
    ("2026-03-08 06:59:59.999999", "America/New_York"): (1, 7),
    ("2026-03-08 07:00:00", "America/New_York"): (3, 7),  # clocks jump from 2 to 3
    ("2026-11-01 05:59:59.999999", "America/New_York"): (1, 7),
    ("2026-11-01 06:00:00", "America/New_York"): (1, 7),  # clocks fall back from 2 to 1
    ("2026-11-01 07:00:00", "America/New_York"): (2, 7),
    ("2026-03-09 03:59:59", "America/New_York"): (23, 7),
    ("2026-03-09 04:00:00", "America/New_York"): (0, 1),  # Monday begins
    ("2026-03-09 04:00:00", "America/Phoenix"): (21, 7),  # never changes its clocks
    ("2026-03-09 04:30:00", "Asia/Kolkata"): (10, 1),  # half an hour beside others
    ("2026-03-09 04:00:00", "UTC"): (4, 1),
    ("2026-03-09 04:00:00", "EST"): (None, None),  # no region: not the same zone everywhere
    ("2026-03-09 04:00:00", "america/new_york"): (None, None),
    ("2026-03-09 04:00:00", "Mars/Olympus"): (None, None),
    ("2026-03-09 04:00:00", None): (None, None),
    (None, "UTC"): (None, None),
}


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


def from_all(
    oracle: Oracle, sql: str, kind: str, columns: dict[str, pa.Array]
) -> dict[str, list[Any]]:
    """The values of an expression from each that computes it."""
    names = list(dict.fromkeys(column_names(parse(sql))))
    inputs = {name: columns[name] for name in names}
    derived = Derived("x", kind, "", sql)
    oracle.con.register("input_rows", pa.table(columns))
    row_count = len(columns[names[0]])
    in_python = derived_values._in_python(derived, inputs, row_count)
    assert in_python is not None
    (in_duckdb,) = derived_values._in_duckdb([(derived, inputs)], row_count)
    values = {"python": in_python.to_pylist(), "duckdb": in_duckdb.to_pylist()}
    for engine in ("duckdb", "spark"):
        bound = macro(engine)(sql, {name: name for name in names}, kind.lower())
        rows = oracle.con.execute(f"select {bound} from input_rows").fetchall()
        values[f"macro for {engine}"] = [row[0] for row in rows]
    return values


def microseconds(text: str | None) -> int | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int(instant.timestamp()) * 1_000_000 + instant.microsecond


def test_both_sides_of_a_jump_and_of_midnight(oracle: Oracle) -> None:
    columns = {
        "t": column([microseconds(instant) for instant, _ in SHOWN], "TIMESTAMP"),
        "s": column([zone for _, zone in SHOWN], "VARCHAR"),
    }
    hours, weekdays = (from_all(oracle, sql, "BIGINT", columns) for sql in (HOUR, WEEKDAY))
    for name in hours:
        shown = list(zip(hours[name], weekdays[name], strict=True))
        assert dict(zip(SHOWN, shown, strict=True)) == SHOWN, name


@given(
    st.lists(
        st.tuples(st.integers(START, END - 1), st.sampled_from(sorted(TIME_ZONES))),
        min_size=1,
        max_size=20,
    )
)
def test_it_is_what_zoneinfo_says(oracle: Oracle, rows: list[tuple[int, str]]) -> None:
    columns = {
        "t": column([seconds * 1_000_000 for seconds, _ in rows], "TIMESTAMP"),
        "s": column([zone for _, zone in rows], "VARCHAR"),
    }
    local = [datetime.fromtimestamp(seconds, ZoneInfo(zone)) for seconds, zone in rows]
    for hours in from_all(oracle, HOUR, "BIGINT", columns).values():
        assert hours == [moment.hour for moment in local]
    for weekdays in from_all(oracle, WEEKDAY, "BIGINT", columns).values():
        assert weekdays == [moment.isoweekday() for moment in local]


@pytest.mark.parametrize("row_count", [2, FEW_ROWS + 2])
def test_an_unknown_time_zone_is_null_and_stops_no_other_row(row_count: int) -> None:
    instants = column([microseconds("2026-07-01 12:00")] * row_count, "TIMESTAMP")
    zones = pa.array(["Mars/Olympus", "America/Chicago"] * (row_count // 2))
    expressions = [
        (Derived("x", "BIGINT", "", sql), {"t": instants, "s": zones}) for sql in (HOUR, WEEKDAY)
    ]
    hours, weekdays = evaluate(expressions, row_count)
    assert hours.to_pylist() == [None, 7] * (row_count // 2)
    assert weekdays.to_pylist() == [None, 3] * (row_count // 2)


def test_each_time_zone_is_known_to_duckdb_without_its_files() -> None:
    locked: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
    }
    with duckdb.connect(config=locked) as con:
        rows = con.execute("select name from pg_timezone_names()").fetchall()
    assert {name for (name,) in rows} >= TIME_ZONES


degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.sampled_from(
    [(0.0, 0.0), (0.0, 180.0), (90.0, 0.0), (-90.0, 180.0), (41.88, -87.63), (-41.88, 92.37)]
)


@given(st.lists(st.tuples(degrees, degrees), min_size=1, max_size=5))
def test_distances_are_equal(
    oracle: Oracle, places: list[tuple[tuple[float, float], tuple[float, float]]]
) -> None:
    rows = [(*first, *second) for first, second in places]
    columns = {
        name: column([row[number] for row in rows], "DOUBLE") for number, name in enumerate("abcd")
    }
    distances = from_all(oracle, MILES, "DOUBLE", columns)
    for values in distances.values():
        assert values == pytest.approx(distances["python"], rel=0, abs=1e-9)
    assert all(0 <= distance <= 12437 for distance in distances["python"])


@pytest.mark.parametrize(
    ("place", "other_place", "miles"),
    [
        ((41.8781, -87.6298), (32.7767, -96.7970), 804.7),  # Chicago to Dallas
        ((10.0, 20.0), (11.0, 20.0), 69.1),  # a degree of latitude
        ((0.0, 0.0), (0.0, 180.0), 12436.9),  # half of the way around
        ((41.8781, -87.6298), (41.8781, -87.6298), 0.0),
        ((90.5, 0.0), (0.0, 0.0), None),  # no place
        ((0.0, 0.0), (0.0, -180.5), None),
        ((0.0, 999.0), (0.0, 0.0), None),
        ((0.0, 0.0), (-91.0, 0.0), None),
        ((None, 0.0), (0.0, 0.0), None),
        ((0.0, 0.0), (0.0, float("nan")), None),
    ],
)
def test_distances_between_known_places(
    oracle: Oracle, place: Any, other_place: Any, miles: float | None
) -> None:
    values = zip("abcd", (*place, *other_place), strict=True)
    columns = {name: column([value], "DOUBLE") for name, value in values}
    for (distance,) in from_all(oracle, MILES, "DOUBLE", columns).values():
        assert distance == (None if miles is None else pytest.approx(miles, abs=0.1))
