"""The point-in-time lookup: its rules, one by one, and against a reference on generated cases."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost import FeatureStore
from milepost.errors import LookupInputError, UnknownFeatureError
from milepost.storage.location import Location
from small_releases import at, put_view, release, rows_of

CARRIERS = rows_of(
    {
        "carrier_id": "VARCHAR",
        "available_at": "TIMESTAMP",
        "late_rate": "DOUBLE",
        "load_count": "BIGINT",
        "is_new": "BOOLEAN",
        "last_load_at": "TIMESTAMP",
        "segment": "VARCHAR",
    },
    ("a", at("2026-01-10T01:00:00"), 0.1, 1, True, at("2026-01-09T00:00:00"), "van"),
    ("a", at("2026-01-20T01:00:00"), None, 2, False, None, "reefer"),
    ("a", at("2026-03-01T00:00:00"), 0.3, 3, False, at("2026-02-28T00:00:00"), "größe"),
    ("b", at("2026-01-15T01:00:00"), 0.9, 9, None, None, None),
)
LANES = rows_of(
    {
        "origin_id": "BIGINT",
        "equipment_type": "VARCHAR",
        "available_at": "TIMESTAMP",
        "spot_rpm": "DOUBLE",
        "load_count": "BIGINT",
    },
    (1, "van", at("2026-01-10T01:00:00"), 2.0, 10),
    (1, "reefer", at("2026-01-10T01:00:00"), 3.0, 20),
    (2, "van", at("2026-01-12T01:00:00"), 4.0, 30),
)
FUEL = rows_of(
    {"available_at": "TIMESTAMP", "diesel_usd": "DOUBLE"},
    (at("2026-01-05T22:00:00"), 3.5),
    (at("2026-01-12T22:00:00"), 3.6),
)
FEATURES = ["late_rate", "load_count", "is_new", "last_load_at", "segment"]
_numbers = count(1)


@pytest.fixture(scope="module")
def shelf(s3_server: dict[str, str]) -> FeatureStore:
    """A release with a view by carrier, one by lane, one without keys and one without rows."""
    store = Location.parse(f"s3://milepost-store/test-{os.getpid()}-lookup")
    release(
        store,
        put_view(store, "carriers", CARRIERS),
        put_view(store, "lanes", LANES, keys=("origin_id", "equipment_type")),
        put_view(store, "fuel", FUEL, keys=()),
        put_view(store, "empty", CARRIERS.slice(0, 0)),
    )
    return FeatureStore(store.uri())


def entities(*rows: tuple[Any, str]) -> pa.Table:
    """A carrier and an instant for each row."""
    return pa.table(
        {
            "carrier_id": pa.array([carrier for carrier, _ in rows], pa.string()),
            "event_timestamp": pa.array([at(text) for _, text in rows], pa.timestamp("us")),
        }
    )


def at_instants(instants: pa.Array) -> pa.Table:
    """Carrier a at each of the instants."""
    return pa.table({"carrier_id": ["a"] * len(instants), "event_timestamp": instants})


def look_up(shelf: FeatureStore, entity_df: Any, features: Any, **options: Any) -> pa.Table:
    return shelf.get_historical_features(entity_df, features, **options).to_arrow()


def counts(shelf: FeatureStore, entity_df: Any) -> list[int | None]:
    found = look_up(shelf, entity_df, ["carriers:load_count"])
    return list(found["load_count"].to_pylist())


# --- Which row


def test_the_newest_row_at_or_before_the_instant_is_taken(shelf: FeatureStore) -> None:
    asked = entities(
        ("a", "2026-01-10T00:59:59.999999"),
        ("a", "2026-01-10T01:00:00"),
        ("a", "2026-01-20T00:59:59.999999"),
        ("a", "2026-01-20T01:00:00"),
        ("a", "2026-02-28T23:59:59.999999"),
        ("a", "2026-03-01T00:00:00"),
        ("a", "2026-06-30T23:59:59.999999"),
    )
    assert counts(shelf, asked) == [None, 1, 1, 2, 2, 3, 3]


def test_a_null_in_the_newest_row_is_the_answer_and_not_an_older_value(shelf: FeatureStore) -> None:
    found = look_up(shelf, entities(("a", "2026-02-01T00:00:00")), ["carriers"])
    assert found.select(FEATURES).to_pylist() == [
        {
            "late_rate": None,
            "load_count": 2,
            "is_new": False,
            "last_load_at": None,
            "segment": "reefer",
        }
    ]


def test_one_row_comes_back_for_each_row_in_its_order_with_duplicates(shelf: FeatureStore) -> None:
    asked = entities(
        ("b", "2026-02-01T00:00:00"),
        ("a", "2026-03-02T00:00:00"),
        ("nobody", "2026-02-01T00:00:00"),
        ("a", "2026-01-11T00:00:00"),
        ("b", "2026-02-01T00:00:00"),
        (None, "2026-02-01T00:00:00"),
        ("a", "2026-01-01T00:00:00"),
        ("b", "2026-02-01T00:00:00"),
    )
    found = look_up(shelf, asked, ["carriers:load_count"])
    assert found.select(asked.column_names).equals(asked)
    assert found["load_count"].to_pylist() == [9, 3, None, 1, 9, None, None, 9]


def test_many_rows_keep_their_order(shelf: FeatureStore) -> None:
    rows = [("ab"[n % 2], f"2026-02-{1 + n % 28:02}T00:00:00") for n in range(50_000)]
    asked = pa.concat_tables(entities(*rows).slice(n, 7_000) for n in range(0, 50_000, 7_000))
    found = look_up(shelf, asked, ["carriers:load_count"])
    assert found["event_timestamp"].to_pylist() == asked["event_timestamp"].to_pylist()
    assert found["load_count"].to_pylist() == [2, 9] * 25_000


def test_every_part_of_a_composite_key_counts(shelf: FeatureStore) -> None:
    keys = [(1, "van"), (1, "reefer"), (2, "van"), (2, "reefer"), (1, None), (None, "van"), (3, "")]
    asked = pa.table(
        {
            "equipment_type": [equipment for _, equipment in keys],
            "origin_id": [origin for origin, _ in keys],
            "event_timestamp": pa.array([at("2026-02-01T00:00:00")] * len(keys)),
        }
    )
    found = look_up(shelf, asked, ["lanes:spot_rpm"])
    assert found["spot_rpm"].to_pylist() == [2.0, 3.0, 4.0, None, None, None, None]


def test_a_view_without_keys_is_joined_by_the_instant_alone(shelf: FeatureStore) -> None:
    asked = entities(
        ("a", "2026-01-13T00:00:00"), ("b", "2026-01-06T00:00:00"), (None, "2026-01-02T00:00:00")
    )
    found = look_up(shelf, asked, ["fuel", "carriers:load_count"])
    assert found["diesel_usd"].to_pylist() == [3.6, 3.5, None]
    without_keys = look_up(shelf, asked.select(["event_timestamp"]), ["fuel"])
    assert without_keys["diesel_usd"].to_pylist() == [3.6, 3.5, None]


def test_a_view_without_rows_gives_nulls_of_its_types(shelf: FeatureStore) -> None:
    found = look_up(shelf, entities(("a", "2026-02-01T00:00:00")), ["empty"])
    assert found.select(FEATURES).to_pylist() == [dict.fromkeys(FEATURES)]
    assert found.select(FEATURES).schema == CARRIERS.select(FEATURES).schema


def test_no_entity_row_is_an_error(shelf: FeatureStore) -> None:
    with pytest.raises(
        LookupInputError, match="there are no entity rows\nhint: look at the filter"
    ):
        look_up(shelf, entities(), ["carriers", "fuel:diesel_usd"])


# --- Instants


def test_an_instant_without_a_time_zone_is_utc_and_one_with_it_is_itself(
    shelf: FeatureStore,
) -> None:
    boundary = at("2026-01-20T01:00:00").replace(tzinfo=UTC)
    just_before = boundary - timedelta(microseconds=1)
    zones = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "-03:30"]
    for zone in zones:
        instants = pa.array([boundary, just_before], pa.timestamp("us", zone))
        assert counts(shelf, at_instants(instants)) == [2, 1]
    naive = pa.array([t.replace(tzinfo=None) for t in (boundary, just_before)], pa.timestamp("us"))
    assert counts(shelf, at_instants(naive)) == [2, 1]


def test_python_datetimes_of_any_zone_are_instants(shelf: FeatureStore) -> None:
    boundary = at("2026-01-20T01:00:00").replace(tzinfo=UTC)
    for zone in (timezone(timedelta(hours=5, minutes=30)), ZoneInfo("America/Chicago")):
        frame = pd.DataFrame({"carrier_id": ["a"], "event_timestamp": [boundary.astimezone(zone)]})
        assert counts(shelf, frame) == [2]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_every_unit_of_timestamps_means_the_same(
    shelf: FeatureStore, unit: str, zone: str | None
) -> None:
    seconds = [at(f"2026-01-20T0{hour}:00:00") for hour in (0, 1, 2)]
    instants = pa.array(seconds, pa.timestamp("us")).cast(pa.timestamp(unit))
    asked = at_instants(instants.cast(pa.timestamp(unit, zone)))
    found = look_up(shelf, asked, ["carriers:load_count"])
    assert found["load_count"].to_pylist() == [1, 2, 2]
    assert found["event_timestamp"].type == pa.timestamp(unit, zone)


def test_digits_below_the_microsecond_are_cut_off_and_never_rounded_up(shelf: FeatureStore) -> None:
    boundary = int(at("2026-01-20T01:00:00").replace(tzinfo=UTC).timestamp()) * 10**9
    instants = pa.array([boundary - 1, boundary, boundary + 999], pa.timestamp("ns"))
    for zoned in (instants, instants.cast(pa.timestamp("ns", "Asia/Tokyo"))):
        assert counts(shelf, at_instants(zoned)) == [1, 2, 2]


def test_the_hour_in_which_clocks_go_back_is_two_hours(s3_server: dict[str, str]) -> None:
    """01:30 in New York on 1 November 2026 is 05:30 UTC and, an hour later, 06:30 UTC."""
    store = Location.parse(f"s3://milepost-store/test-{os.getpid()}-lookup-autumn")
    types = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "load_count": "BIGINT"}
    rows = rows_of(types, *(("a", at(f"2026-11-01T0{hour}:00:00"), hour) for hour in (5, 6)))
    release(store, put_view(store, "carriers", rows, built_through="2027-01-01T00:00:00"))
    utc = [at("2026-11-01T05:30:00"), at("2026-11-01T06:30:00")]
    for unit in ("us", "ns"):
        instants = pa.array(utc, pa.timestamp(unit)).cast(pa.timestamp(unit, "America/New_York"))
        assert counts(FeatureStore(store.uri()), at_instants(instants)) == [5, 6]


def test_instants_before_1970_are_instants(s3_server: dict[str, str]) -> None:
    store = Location.parse(f"s3://milepost-store/test-{os.getpid()}-lookup-old")
    types = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "load_count": "BIGINT"}
    rows = rows_of(
        types, *(("a", at(f"{year}-01-01T00:00:00"), year) for year in (1900, 1965, 1970))
    )
    view = put_view(store, "carriers", rows, complete_from="1800-01-01T00:00:00")
    release(store, view)
    texts = ["1899-12-31T23:59:59.999999", "1964-12-31T23:59:59.999999", "1965-01-01T00:00:00"]
    micros = pa.array([at(text) for text in texts], pa.timestamp("us"))
    below = pa.array([-1], pa.timestamp("ns"))  # a nanosecond before 1970 is not yet 1970
    shelf = FeatureStore(store.uri())
    assert counts(shelf, at_instants(micros)) == [None, 1900, 1965]
    assert counts(shelf, at_instants(below)) == [1965]


def test_a_null_instant_is_an_error_that_names_its_rows(shelf: FeatureStore) -> None:
    instants = [at("2026-02-01T00:00:00"), None, at("2026-02-01T00:00:00"), None]
    chunks = pa.chunked_array([pa.array(instants[:3]), pa.array(instants[3:], pa.timestamp("us"))])
    message = r"`event_timestamp` is null in 2 rows, the first at \[1, 3\]\nhint: every"
    with pytest.raises(LookupInputError, match=message):
        counts(shelf, at_instants(chunks))


def test_a_missing_instant_of_pandas_is_null(shelf: FeatureStore) -> None:
    instants = pd.to_datetime(pd.Series(["2026-02-01", None]))
    frame = pd.DataFrame({"carrier_id": ["a", "a"], "event_timestamp": instants})
    with pytest.raises(LookupInputError, match=r"null in 1 rows, the first at \[1\]"):
        counts(shelf, frame)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2026-02-01 00:00:00"], "string"),
        ([1769904000], "int64"),
        ([at("2026-02-01T00:00:00").date()], "date32"),
        ([None], "null"),
    ],
)
def test_what_is_no_timestamp_is_refused(shelf: FeatureStore, values: list[Any], kind: str) -> None:
    with pytest.raises(LookupInputError, match=f"`event_timestamp` is {kind}.*\nhint: convert"):
        counts(shelf, at_instants(pa.array(values)))


def test_a_missing_timestamp_column_is_named(shelf: FeatureStore) -> None:
    asked = pa.table({"carrier_id": ["a"], "at": [at("2026-02-01T00:00:00")]})
    message = "no column `event_timestamp`\nhint: they have `carrier_id`, `at`"
    with pytest.raises(LookupInputError, match=message):
        counts(shelf, asked)


def test_the_time_zone_of_the_session_changes_nothing(shelf: FeatureStore) -> None:
    program = f"""
import pandas as pd
from milepost import FeatureStore
instants = ["2026-01-20 00:59:59.999999", "2026-01-20 01:00:00", "2026-03-08 02:30:00"]
instants = pd.to_datetime(instants, format="ISO8601")
naive = pd.DataFrame({{"carrier_id": "a", "event_timestamp": instants}})
zoned = naive.assign(event_timestamp=naive["event_timestamp"].dt.tz_localize("UTC"))
store = FeatureStore({shelf.location.uri()!r})
for frame in (naive, zoned):
    found = store.get_historical_features(frame, ["carriers"]).to_arrow()
    print(found["load_count"].to_pylist(), found["last_load_at"].to_pylist())
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TZ": zone},
        ).stdout
        for zone in ("UTC", "America/Los_Angeles", "Pacific/Kiritimati")
    }
    (lines,) = printed
    first, second = lines.splitlines()
    assert first == second
    assert first.startswith("[1, 2, 3] [datetime.datetime(2026, 1, 9, 0, 0), None, ")


# --- What comes in


def as_pandas(asked: pa.Table) -> Any:
    return asked.to_pandas()


def as_polars(asked: pa.Table) -> Any:
    return pl.from_arrow(asked)


def as_relation(asked: pa.Table) -> Any:
    return duckdb.connect().from_arrow(asked)


def as_reader(asked: pa.Table) -> Any:
    return asked.to_reader(max_chunksize=2)


@pytest.mark.parametrize("convert", [as_pandas, as_polars, as_relation, as_reader])
def test_every_kind_of_frame_gives_the_same(
    shelf: FeatureStore, convert: Callable[[pa.Table], Any]
) -> None:
    asked = entities(
        ("b", "2026-02-01T00:00:00"),
        ("a", "2026-01-20T01:00:00"),
        (None, "2026-02-01T00:00:00"),
        ("a", "2026-03-02T00:00:00"),
        ("nobody", "2026-02-01T00:00:00"),
    )
    wanted = ["carriers", "fuel:diesel_usd"]
    expected = look_up(shelf, asked, wanted)
    found = look_up(shelf, convert(asked), wanted)
    assert found.column_names == expected.column_names
    assert found.to_pylist() == expected.to_pylist()
    own = [*FEATURES, "diesel_usd"]
    assert found.select(own).schema.equals(expected.select(own).schema)


def test_a_pandas_frame_comes_back_with_its_index(shelf: FeatureStore) -> None:
    whole = entities(
        ("a", "2026-03-02T00:00:00"), ("b", "2026-02-01T00:00:00"), ("a", "2026-01-11")
    )
    frame = whole.to_pandas().set_axis([7, 8, 9])
    for part in (frame, frame[frame["carrier_id"] == "a"], frame.sort_values("event_timestamp")):
        found = shelf.get_historical_features(part, ["carriers:load_count"]).to_pandas()
        assert list(found.index) == list(part.index)
        pd.testing.assert_frame_equal(found[list(part.columns)], part)
        assert [found["load_count"][n] for n in part.index] == [
            {7: 3, 8: 9, 9: 1}[n] for n in part.index
        ]


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (None, "are a `NoneType`, which is no data frame\nhint: give a pandas"),
        (3, "are a `int`, which is no data frame\nhint: give a pandas"),
        ({"a", "b"}, "are a `set`, which is no data frame"),
        ((row for row in [{"carrier_id": "a"}]), "hint: make it a list of dicts: `list"),
        (np.zeros(3), "are a `ndarray`, which is no data frame\nhint: make it a data frame"),
        (pd.Series(["a"]), "are a `Series`, .*\nhint: make it a data frame: `.to_frame"),
        (pl.Series(["a"]), "are a `Series`, .*\nhint: make it a data frame: `.to_frame"),
        (pl.LazyFrame({"carrier_id": ["a"]}), "`LazyFrame`, .*\nhint: call `.collect"),
        (duckdb.connect(), "DuckDBPyConnection`, .*\nhint: give its relation"),
        (pa.chunked_array([["a"]]), "a `ChunkedArray`, cannot be read: .*\nhint: give a"),
        ([("a", 1)], "row 0 of the entity rows is a `tuple`, not a dict\nhint: write"),
        ([{"carrier_id": "a"}, None], "row 1 of the entity rows is a `NoneType`, not a dict"),
        ([{1: "a"}], "a column named `1`\nhint: a name is text"),
        ({"carrier_id": "a"}, r"`carrier_id` .* is a `str`, not a list\nhint: write {\"carrier_id"),
        ({"carrier_id": 1}, "`carrier_id` of the entity rows is a `int`, not a list"),
        ({"carrier_id": ["a", "b"], "n": [1]}, "different lengths: `carrier_id` 2, `n` 1"),
        ([{"carrier_id": "a", "n": 1}, {"n": "x"}], "column `n` of .* as one Arrow type"),
        ([{"carrier_id": 2**64}], "column `carrier_id` of .* as one Arrow type: .* too large"),
        ([{"carrier_id": object()}], "column `carrier_id` of .* as one Arrow type"),
        (pd.DataFrame({"n": [1, 2], "x": [1, "a"]}), "column `x` of .* Arrow type: .*\nhint: cast"),
        (pd.DataFrame({"n": [1], "x": [2**70]}), "column `x` of .* Arrow type: .* too large"),
        (pd.DataFrame({"n": [1], "x": [1j]}), "column `x` of .* as one Arrow type"),
        (pd.DataFrame({"x": pd.arrays.SparseArray([1])}), "column `x` of .* as one Arrow type"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "the entity rows have two columns `a`"),
        (pl.DataFrame({"n": [1], "x": [object()]}), "column `x` of .*: Arrow has no type for Obj"),
        (pl.DataFrame({"x": pl.Series([1], dtype=pl.Int128)}), "column `x` of .* Arrow type: "),
        (duckdb.sql("select 1::uhugeint as x"), "column `x` of .*: Arrow has no type for UHUGEINT"),
        (
            duckdb.sql("select case when range > 0 then [1]::int[1] end from range(2)"),
            "Relation`, cannot be read",
        ),
        (duckdb.sql("select [1::uhugeint] as x"), "column `x` of .*: Arrow has no type for UHUGEI"),
        (duckdb.sql("select error('boom') as x from range(3)"), "cannot be read: .*boom\nhint: g"),
        ([], "there are no entity rows\nhint: look at the filter"),
        ({}, "there are no entity rows"),
        (pd.DataFrame(), "there are no entity rows"),
        ([{}], "there are no entity rows"),
    ],
)
def test_what_is_no_frame_is_refused(shelf: FeatureStore, thing: object, message: str) -> None:
    with pytest.raises(LookupInputError, match=message):
        counts(shelf, thing)


def test_dicts_and_lists_are_entity_rows_of_both_lookups(shelf: FeatureStore) -> None:
    feb = at("2026-02-01T00:00:00")
    dicts: list[dict[str, Any]] = [
        {"event_timestamp": feb, "carrier_id": "a"},
        {"event_timestamp": feb.replace(tzinfo=UTC), "carrier_id": "b", "load_id": "L2"},
        {"event_timestamp": feb, "load_id": None},
    ]
    found = look_up(shelf, dicts, ["carriers:load_count"])
    assert found.column_names == ["event_timestamp", "carrier_id", "load_id", "load_count"]
    assert found["load_id"].to_pylist() == [None, "L2", None]
    assert found["load_count"].to_pylist() == [2, 9, None]
    lists = {name: found[name].to_pylist() for name in found.column_names[:3]}
    assert look_up(shelf, lists, ["carriers:load_count"]).to_pylist() == found.to_pylist()
    untimed: list[dict[str, Any]] = [
        {name: row[name] for name in row if name != "event_timestamp"} for row in dicts
    ]
    untimed[0] = {"carrier_id": "a", "load_id": float("nan")}  # as a data frame's records say null
    latest = shelf.get_latest_features(untimed, ["carriers:load_count"]).to_arrow()
    assert latest["load_id"].to_pylist() == [None, "L2", None]
    assert latest["load_count"].to_pylist() == [3, 9, None]
    of_lists = {"carrier_id": np.array(["a", "b"]), "load_id": pd.Series(["x", None])}
    latest = shelf.get_latest_features(of_lists, ["carriers:load_count"]).to_arrow()
    assert latest["load_count"].to_pylist() == [3, 9]


def test_a_key_that_is_not_finite_matches_nothing_and_zero_is_zero(store: Location) -> None:
    """Releases of before December 2026 may have such keys."""
    types = {"price": "DOUBLE", "available_at": "TIMESTAMP", "n": "BIGINT"}
    start = at("2026-01-02")
    rows = rows_of(types, (-0.0, start, 1), (math.nan, start, 2), (math.inf, start, 3))
    release(store, put_view(store, "prices", rows, keys=("price",)))
    asked = pa.table({"price": [0.0, -0.0, math.nan, math.inf, -math.inf, None]})
    found = FeatureStore(store.uri()).get_latest_features(asked, ["prices"]).to_arrow()
    assert found["n"].to_pylist() == [1, 1, None, None, None, None]
    assert repr(found["price"].to_pylist()) == repr(asked["price"].to_pylist())


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.uint32(), pa.large_string()),
    ],
    ids=str,
)
def test_text_keys_of_every_arrow_type_match_and_come_back_unchanged(
    shelf: FeatureStore, kind: pa.DataType
) -> None:
    asked = entities(("a", "2026-02-01T00:00:00"), (None, "2026-02-01"), ("b", "2026-02-01"))
    keys = pa.array(["a", None, "b"], pa.string())
    typed = keys.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else keys.cast(kind)
    asked = asked.set_column(0, "carrier_id", typed)
    found = look_up(shelf, asked, ["carriers:load_count"])
    assert found["load_count"].to_pylist() == [2, None, 9]
    assert found.schema.field("carrier_id").type == kind


@pytest.mark.parametrize(
    "kind",
    [
        pa.int8(),
        pa.uint8(),
        pa.int32(),
        pa.int64(),
        pa.uint64(),
        pa.dictionary(pa.int8(), pa.int32()),
    ],
    ids=str,
)
def test_whole_number_keys_of_every_width_match(shelf: FeatureStore, kind: pa.DataType) -> None:
    if pa.types.is_dictionary(kind):
        keys = pa.array([2, None, 1, 7], kind.value_type).dictionary_encode()
    else:
        keys = pa.array([2, None, 1, 7], kind)
    asked = pa.table(
        {
            "origin_id": keys,
            "equipment_type": ["van"] * 4,
            "event_timestamp": [at("2026-02-01T00:00:00")] * 4,
        }
    )
    found = look_up(shelf, asked, ["lanes:load_count"])
    assert found["load_count"].to_pylist() == [30, None, 10, None]
    assert found.schema.field("origin_id").type == keys.type


@pytest.mark.parametrize(
    ("instants", "kind"),
    [
        ([2**62], pa.timestamp("s")),
        ([253_402_300_800], pa.timestamp("s")),  # the first second of the year 10000
        ([-(2**62)], pa.timestamp("ms")),
        ([2**62, 0], pa.timestamp("us", "UTC")),
        ([-62_135_596_800_000_001], pa.timestamp("us")),
    ],
)
def test_an_instant_beyond_the_calendar_is_refused(
    shelf: FeatureStore, instants: list[int], kind: pa.DataType
) -> None:
    asked = at_instants(pa.array(instants, pa.int64()).cast(kind))
    message = "has instants that are not in the years 1 to 9999\nhint: is one a placeholder"
    for allowed in (False, True):
        with pytest.raises(LookupInputError, match=message):
            look_up(shelf, asked, ["carriers:load_count"], allow_early=allowed, allow_late=allowed)


def test_any_instant_of_the_calendar_is_one(shelf: FeatureStore) -> None:
    texts = ["0001-01-01", "1600-02-29", "1969-12-31", "9999-12-31T23:59:59.999999"]
    asked = at_instants(pa.array([at(text) for text in texts]))
    found = look_up(shelf, asked, ["carriers:load_count"], allow_early=True, allow_late=True)
    assert found["load_count"].to_pylist() == [None, None, None, 3]
    limits = at_instants(pa.array([-(2**63) + 1000, 2**63 - 1], pa.timestamp("ns")))
    found = look_up(shelf, limits, ["carriers:load_count"], allow_early=True, allow_late=True)
    assert found["load_count"].to_pylist() == [None, 3]


@pytest.mark.parametrize("keys", [[1.0], ["1"], [True], [at("2026-01-01")], [b"1"]])
def test_a_key_of_another_kind_is_refused_and_not_converted(
    shelf: FeatureStore, keys: list[Any]
) -> None:
    asked = pa.table(
        {"origin_id": keys, "equipment_type": ["van"], "event_timestamp": [at("2026-02-01")]}
    )
    message = f"key `origin_id` is {pa.array(keys).type}, in feature view `lanes` int64"
    with pytest.raises(LookupInputError, match=re.escape(message)):
        look_up(shelf, asked, ["lanes"])


def test_numbers_are_no_text_keys(shelf: FeatureStore) -> None:
    asked = pa.table({"carrier_id": [1], "event_timestamp": [at("2026-02-01")]})
    with pytest.raises(LookupInputError, match=r"key `carrier_id` is int64, in .* string"):
        counts(shelf, asked)


def test_a_key_that_no_row_can_have_is_refused(shelf: FeatureStore) -> None:
    asked = pa.table(
        {
            "origin_id": pa.array([2**64 - 1], pa.uint64()),
            "equipment_type": ["van"],
            "event_timestamp": [at("2026-02-01")],
        }
    )
    with pytest.raises(LookupInputError, match="key `origin_id` has a value that is no int64"):
        look_up(shelf, asked, ["lanes"])


def test_keys_that_are_all_null_give_nulls(shelf: FeatureStore) -> None:
    asked = pa.table(
        {
            "carrier_id": pa.nulls(2),
            "origin_id": pa.nulls(2),
            "equipment_type": pa.nulls(2),
            "event_timestamp": [at("2026-02-01")] * 2,
        }
    )
    found = look_up(shelf, asked, ["carriers:late_rate", "lanes:spot_rpm"])
    assert found["late_rate"].to_pylist() == [None, None]
    assert found["spot_rpm"].to_pylist() == [None, None]


def test_a_missing_key_column_is_named(shelf: FeatureStore) -> None:
    asked = pa.table({"equipment_type": ["van"], "event_timestamp": [at("2026-02-01")]})
    message = (
        "no column `origin_id`, a key of feature view `lanes`\n"
        "hint: they have `equipment_type`, `event_timestamp`; its keys are `origin_id` of lanes, "
    )
    with pytest.raises(LookupInputError, match=message):
        look_up(shelf, asked, ["lanes"])


@pytest.mark.parametrize("name", ["carrier", "CARRIER_ID"])
def test_a_key_of_another_name_comes_with_the_alias_that_works(
    shelf: FeatureStore, name: str
) -> None:
    asked = entities(("a", "2026-02-01T00:00:00")).rename_columns([name, "event_timestamp"])
    with pytest.raises(LookupInputError) as caught:
        look_up(shelf, asked, ["carriers:load_count"])
    has, rename, written = re.split("; |, or pass ", caught.value.hint)
    assert has == f"they have `{name}`, `event_timestamp`"
    assert rename == f"rename `{name}` to `carrier_id`"
    aliases = json.loads(written.removeprefix("aliases="))
    assert aliases == {"carriers": {"keys": {"carrier_id": name}}}
    assert look_up(shelf, asked, ["carriers:load_count"], aliases=aliases).num_rows == 1
    aliases = {"from": {"view": "lanes", "keys": {"origin_id": "from_id"}}}
    message = "`from` takes its key `origin_id` from it: add it"
    with pytest.raises(LookupInputError, match=message):
        look_up(shelf, asked, ["from:spot_rpm"], aliases=aliases)


def unknown_keys(shelf: FeatureStore, asked: Any, features: list[str], **options: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        look_up(shelf, asked, features, **options)
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


def test_keys_that_are_mostly_in_no_row_are_told_once_for_a_view(shelf: FeatureStore) -> None:
    instant = "2026-02-01T00:00:00"
    unlike = entities(("1", instant), ("2", instant), ("a", instant), (None, instant))
    (warning,) = unknown_keys(shelf, unlike, ["carriers:late_rate", "empty:load_count"])
    assert warning == (
        "`carrier_id`: 2 of 3 values are in no row of feature view `carriers`, such as `1`, so "
        "that its features are null; its values look like `a`"
    )
    half = entities(("1", instant), ("a", instant), (None, instant))
    assert unknown_keys(shelf, half, ["carriers"]) == []


def test_a_key_that_has_rows_later_or_with_another_key_is_known(
    shelf: FeatureStore, store: Location
) -> None:
    release(store, put_view(store, "carriers", CARRIERS.slice(2, 1)))  # in March alone
    unopened = entities(("a", "2026-02-01T00:00:00"))
    assert unknown_keys(FeatureStore(store.uri()), unopened, ["carriers"]) == []
    lane = {"origin_id": [2], "equipment_type": ["reefer"], "event_timestamp": [at("2026-01-02")]}
    assert unknown_keys(shelf, lane, ["lanes:spot_rpm"]) == []
    (warning,) = unknown_keys(shelf, {**lane, "equipment_type": ["Reefer"]}, ["lanes:spot_rpm"])
    assert "`equipment_type`: 1 of 1 values are in no row of feature view `lanes`" in warning


def test_a_key_of_another_type_is_told_with_a_value_of_the_view(shelf: FeatureStore) -> None:
    asked = {"carrier_id": [1], "event_timestamp": [at("2026-02-01")]}
    message = "hint: convert the column to string; its values look like `a`$"
    with pytest.raises(LookupInputError, match=message):
        look_up(shelf, asked, ["carriers"])
    assert unknown_keys(shelf, asked | {"carrier_id": [None]}, ["carriers"]) == []


def test_two_columns_of_one_name_are_refused(shelf: FeatureStore) -> None:
    asked = pa.table(
        [pa.array(["a"]), pa.array(["b"]), pa.array([at("2026-02-01")])],
        names=["carrier_id", "carrier_id", "event_timestamp"],
    )
    with pytest.raises(LookupInputError, match="the entity rows have two columns `carrier_id`"):
        counts(shelf, asked)


def test_entity_columns_come_back_as_they_were(shelf: FeatureStore) -> None:
    asked = pa.table(
        {
            "note": pa.array(["x", "y"]).dictionary_encode(),
            "carrier_id": pa.array(["a", "b"], pa.large_string()),
            "price": pa.array([1, None], pa.decimal128(12, 2)),
            "event_timestamp": pa.array(
                [1769990400000000001, 1769990400000000000], pa.timestamp("ns", "Asia/Tokyo")
            ),
            "stops": pa.array([[1, 2], None], pa.list_(pa.int8())),
            "entity_rows.k0; drop": [1, 2],
        }
    )
    found = look_up(shelf, asked, ["carriers:load_count"])
    assert found.column_names == [*asked.column_names, "load_count"]
    own = found.select(asked.column_names)
    assert own.replace_schema_metadata(None).equals(asked, check_metadata=True)


# --- What is asked for


def test_features_stand_in_the_order_asked_for_across_views(shelf: FeatureStore) -> None:
    asked = entities(("a", "2026-02-01T00:00:00"))
    wanted = ["carriers:segment", "fuel:diesel_usd", "carriers:late_rate", "carriers:load_count"]
    found = look_up(shelf, asked, wanted)
    assert found.column_names[2:] == ["segment", "diesel_usd", "late_rate", "load_count"]
    assert found.to_pylist()[0] == {
        **asked.to_pylist()[0],
        "segment": "reefer",
        "diesel_usd": 3.6,
        "late_rate": None,
        "load_count": 2,
    }


def test_a_whole_view_has_its_features_in_their_own_order(shelf: FeatureStore) -> None:
    asked = entities(("a", "2026-03-02T00:00:00"))
    found = look_up(shelf, asked, ["fuel", "carriers"])
    assert found.column_names[2:] == ["diesel_usd", *FEATURES]
    own = found.select(FEATURES)
    assert own.schema == CARRIERS.select(FEATURES).schema
    assert own.to_pylist() == CARRIERS.select(FEATURES).slice(2, 1).to_pylist()


def test_two_features_of_one_name_need_full_names(shelf: FeatureStore) -> None:
    asked = pa.table(
        {
            "carrier_id": ["a"],
            "origin_id": [1],
            "equipment_type": ["van"],
            "event_timestamp": [at("2026-02-01")],
        }
    )
    wanted = ["lanes:load_count", "carriers:load_count"]
    with pytest.raises(LookupInputError, match=r"named `load_count`\nhint: .*full_feature_names=T"):
        look_up(shelf, asked, wanted)
    found = look_up(shelf, asked, wanted, full_feature_names=True)
    assert found.column_names[4:] == ["lanes__load_count", "carriers__load_count"]
    assert found.select([4, 5]).to_pylist() == [
        {"lanes__load_count": 10, "carriers__load_count": 2}
    ]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    "wanted",
    [["carriers:segment", "carriers:segment"], ["carriers", "carriers:segment"], ["fuel", "fuel"]],
)
def test_one_feature_asked_for_twice_is_an_error(
    shelf: FeatureStore, wanted: list[str], full: bool
) -> None:
    with pytest.raises(LookupInputError, match="hint: ask for each feature once"):
        look_up(shelf, entities(("a", "2026-02-01T00:00:00")), wanted, full_feature_names=full)


def test_a_feature_named_as_an_entity_column_is_an_error(shelf: FeatureStore) -> None:
    asked = entities(("a", "2026-02-01T00:00:00")).append_column("segment", pa.array(["mine"]))
    with pytest.raises(
        LookupInputError, match=r"`segment` is named as a column of the entity rows\nhin"
    ):
        look_up(shelf, asked, ["carriers"])
    found = look_up(shelf, asked, ["carriers:segment"], full_feature_names=True)
    assert found.select(["segment", "carriers__segment"]).to_pylist() == [
        {"segment": "mine", "carriers__segment": "reefer"}
    ]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("carrier", "no feature view `carrier`\nhint: there is `carriers`"),
        ("carrier:late_rate", "no feature view `carrier`\nhint: there is `carriers`"),
        ("Carriers", "no feature view `Carriers`\nhint: there is `carriers`"),
        ("xyz", "no feature view `xyz`\nhint: there is `carriers`, `empty`, `fuel`, `lanes`"),
        ("carriers:late", "`carriers` has no feature `late`\nhint: there is `late_rate`"),
        ("carriers:late_rat", "`carriers` has no feature `late_rat`\nhint: there is `late_rate`"),
        ("carriers:carrier_id", "`carriers` has no feature `carrier_id`"),
        ("carriers:available_at", "`carriers` has no feature `available_at`"),
        (
            "late_rate",
            "`late_rate` is a feature, .*\nhint: there is `carriers:late_rate`, `empty:la",
        ),
        ("late_rat", "`late_rat`\nhint: there is `carriers:late_rate`, `empty:late_rate`"),
        (
            "carriers.late_rate",
            "`carriers.late_rate` has no colon .*\nhint: write `carriers:late_rate`",
        ),
        ("carriers__late_rate", "hint: write `carriers:late_rate`"),
        ("carriers.late", "`carriers` has no feature `late`\nhint: there is `late_rate`"),
        ("fuel:x:y", "`fuel` has no feature `x:y`\nhint: there is `diesel_usd`"),
    ],
)
def test_what_is_unknown_suggests_near_names(
    shelf: FeatureStore, wanted: str, message: str
) -> None:
    with pytest.raises(UnknownFeatureError, match=message):
        look_up(shelf, entities(("a", "2026-02-01T00:00:00")), [wanted])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": None}, "`features` is a `NoneType`\nhint: write a list"),
        ({"features": 3}, "`features` is a `int`"),
        ({"features": {"carriers": ["late_rate"]}}, "`features` is a `dict`"),
        ({"features": {"carriers"}}, "`features` is a `set`"),
        ({"features": [None]}, "`features` has `None`, which is no text\nhint: write"),
        ({"features": [["carriers"]]}, r"`features` has `\['carriers'\]`, which is no text"),
        ({"aliases": "carriers"}, "`aliases` is a `str`, not a dict\nhint: write"),
        ({"aliases": ["carriers"]}, "`aliases` is a `list`, not a dict"),
        ({"aliases": {"a": "carriers"}}, "alias `a` is `'carriers'`\nhint: write"),
        ({"aliases": {1: {"view": "carriers"}}}, "alias `1` is "),
        ({"aliases": {"a": {"view": 1}}}, "alias `a` is "),
        ({"aliases": {"a": {"view": "carriers", "keys": ["carrier_id"]}}}, "alias `a` is "),
        ({"aliases": {"a": {"view": "carriers", "keys": {"carrier_id": 1}}}}, "alias `a` is "),
        ({"ttl": 86400}, "`ttl` is `86400`, not a timedelta\nhint: write ttl="),
        ({"ttl": "2d"}, "`ttl` is `'2d'`, not a timedelta"),
    ],
)
def test_arguments_of_other_shapes_are_errors(
    shelf: FeatureStore, options: dict[str, Any], message: str
) -> None:
    given: dict[str, Any] = {"features": ["carriers:load_count"], **options}
    with pytest.raises(LookupInputError, match=message):
        shelf.get_historical_features(entities(("a", "2026-02-01T00:00:00")), **given)


def test_features_come_from_any_ordered_collection(shelf: FeatureStore) -> None:
    asked = entities(("a", "2026-02-01T00:00:00"))
    name = "carriers:load_count"
    for wanted in ((name,), iter([name]), pd.Index([name]), np.array([name])):
        assert look_up(shelf, asked, wanted)["load_count"].to_pylist() == [2]


def test_no_feature_at_all_is_an_error(shelf: FeatureStore) -> None:
    with pytest.raises(LookupInputError, match="no feature was asked for"):
        look_up(shelf, entities(("a", "2026-02-01T00:00:00")), [])


def test_one_name_is_taken_as_a_list_of_it(shelf: FeatureStore) -> None:
    asked = entities(("a", "2026-02-01T00:00:00"))
    for name in ("carriers", "carriers:load_count"):
        assert look_up(shelf, asked, name) == look_up(shelf, asked, [name])


# --- What the release knows


def test_the_first_and_the_last_instant_that_are_built_are_fine(shelf: FeatureStore) -> None:
    asked = entities(("a", "2026-01-01T00:00:00"), ("a", "2026-06-30T23:59:59.999999"))
    assert counts(shelf, asked) == [None, 3]


def test_each_view_asked_for_has_its_own_limits(store: Location) -> None:
    early = put_view(store, "early", CARRIERS, built_through="2026-02-01T00:00:00")
    release(store, early, put_view(store, "late", CARRIERS))
    shelf, asked = FeatureStore(store.uri()), entities(("a", "2026-02-01T00:00:00"))
    assert look_up(shelf, asked, ["late:load_count"]).num_rows == 1
    with pytest.raises(
        LookupInputError, match="after what is built: `early:segment` until 2026-02-01"
    ):
        look_up(shelf, asked, ["late:load_count", "early:segment"])


# --- Everything at once

WORDS, NUMBERS = st.sampled_from(["a", "b", "ab", "", "ß"]), st.integers(-1, 1)
INSTANTS = st.integers(0, 90 * 24).map(lambda hour: at("2026-01-01") + timedelta(hours=hour))
ROWS = st.dictionaries(
    st.tuples(st.tuples(WORDS, NUMBERS), INSTANTS),
    st.tuples(st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.text(max_size=3)),
)
ASKED = st.lists(st.tuples(st.none() | WORDS, st.none() | NUMBERS, INSTANTS), min_size=1)


def reference(
    rows: dict[tuple[tuple[str, int], datetime], tuple[Any, Any]],
    asked: list[tuple[str | None, int | None, datetime]],
) -> list[tuple[Any, Any]]:
    """The rule, said as plainly as can be."""
    answers: list[tuple[Any, Any]] = []
    for text, number, instant in asked:
        known = {t: value for (key, t), value in rows.items() if key == (text, number)}
        newest = max((t for t in known if t <= instant), default=None)
        answers.append((None, None) if newest is None else known[newest])
    return answers


@pytest.mark.filterwarnings("ignore:.*values are in no row")
@settings(max_examples=50)
@given(rows=ROWS, asked=ASKED, size=st.integers(1, 7))
def test_the_result_is_that_of_the_rule_applied_row_by_row(
    store: Location,
    rows: dict[tuple[tuple[str, int], datetime], tuple[int | None, str | None]],
    asked: list[tuple[str | None, int | None, datetime]],
    size: int,
) -> None:
    place = Location(store.bucket, f"{store.prefix}/{next(_numbers)}")
    types = {
        "k": "VARCHAR",
        "n": "BIGINT",
        "available_at": "TIMESTAMP",
        "number": "BIGINT",
        "word": "VARCHAR",
    }
    table = rows_of(types, *((*key, t, *values) for (key, t), values in rows.items()))
    release(place, put_view(place, "view", table, keys=("k", "n")))
    entity_rows = rows_of({"k": "VARCHAR", "n": "BIGINT", "event_timestamp": "TIMESTAMP"}, *asked)
    chunked = pa.Table.from_batches(entity_rows.to_batches(max_chunksize=size), entity_rows.schema)
    found = look_up(FeatureStore(place.uri()), chunked, ["view"])
    assert found.select(entity_rows.column_names).equals(entity_rows)
    features = zip(found["number"].to_pylist(), found["word"].to_pylist(), strict=True)
    assert list(features) == reference(rows, asked)


def test_many_rows_of_one_key_cost_no_more_than_their_number(store: Location) -> None:
    rows = 60_000
    instants = pa.array(
        [at("2026-01-01") + timedelta(minutes=n) for n in range(rows)], pa.timestamp("us")
    )
    keys = pa.array(["north"] * rows)
    view = pa.table({"bed_id": keys, "available_at": instants, "f": pa.array(range(rows))})
    release(store, put_view(store, "beds", view, keys=("bed_id",)))
    shelf = FeatureStore(store.uri())
    asked = pa.table({"bed_id": keys, "event_timestamp": instants})
    started = time.process_time()
    found = look_up(shelf, asked, ["beds"])
    # A search takes 0.1 s; row by row it would be over 20 s.
    assert time.process_time() - started < 5
    assert found["f"].to_pylist() == list(range(rows))
