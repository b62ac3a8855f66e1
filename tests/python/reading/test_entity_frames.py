"""Lookups of entity rows from three libraries and from Python, against a reference of dicts.

The keys are of every type a view can have, alone and together, under the view's names or others,
with what sorts oddly: -0.0 beside 0.0, booleans, instants of any year, text beyond ASCII. The
view's files are sorted as DuckDB sorts, as a publisher does, in row groups of a few rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost import FeatureStore
from milepost.publishing import data_files
from milepost.release.files import ARROW_TYPES
from milepost.release.names import TYPES
from milepost.storage.location import Location
from small_releases import at, put_view, release, rows_of

KEY_VALUES: dict[str, list[Any]] = {
    "BIGINT": [-(2**63), -1, 0, 2**53, 2**53 + 1, 2**63 - 1],
    "DOUBLE": [0.0, -0.0, 5e-324, -1.5, 1e308, 0.1],
    "BOOLEAN": [True, False],
    "VARCHAR": ["", "a", "A", "ab", "ß", "é", "e\u0301", "\U0001f4e6", "z" * 5000],
    "TIMESTAMP": [at("1969-12-31T23:59:59.999999"), at("2026-03-29T02:30:00"), at("1677-09-22"),
                  at("2262-04-11"), at("2026-03-29T02:30:00.000001")],
}  # fmt: skip
NOWHERE = [math.nan, math.inf, -math.inf]
FEATURES: dict[str, st.SearchStrategy[Any]] = {
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False),
    "BOOLEAN": st.booleans(),
    "VARCHAR": st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    "TIMESTAMP": st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)),
}
HOURS = st.integers(0, 100 * 24)
_numbers = count(1)
Row = tuple[Any, ...]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], dict[tuple[Row, datetime], Row], list[Row], Any]:
    """The types of a view's keys, its facts, entity rows, and how they are handed over."""
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    published = st.tuples(*(st.sampled_from(KEY_VALUES[type_]) for type_ in types))
    values = st.tuples(*(st.none() | FEATURES[type_] for type_ in TYPES))
    hours = HOURS.map(lambda hour: at("2026-01-01") + timedelta(hours=hour))
    facts = draw(st.dictionaries(st.tuples(published, hours), values, min_size=1, max_size=40))
    given_keys = st.tuples(
        *(
            st.none() | st.sampled_from(KEY_VALUES[t] + (NOWHERE if t == "DOUBLE" else []))
            for t in types
        )
    )
    instants = hours.flatmap(lambda hour: st.sampled_from([hour, hour + timedelta(microseconds=1)]))
    known = st.sampled_from(sorted({key for key, _ in facts}, key=repr))
    rows = draw(st.lists(st.tuples(known | given_keys, instants), min_size=1, max_size=30))
    how = (
        draw(st.sampled_from(sorted(FRAMES))),
        draw(st.sampled_from(["us", "ns"])),
        draw(st.sampled_from([None, "UTC", "America/New_York"])),
        draw(st.booleans()),
    )
    return types, facts, [(*key, instant) for key, instant in rows], how


def reference(facts: dict[tuple[Row, datetime], Row], rows: list[Row]) -> list[Row]:
    """The rule, said as plainly as can be."""
    answers: list[Row] = []
    for *key, instant in rows:
        is_nowhere = any(v is None or (isinstance(v, float) and not math.isfinite(v)) for v in key)
        known = {t: v for (k, t), v in facts.items() if k == tuple(key) and t <= instant}
        answers.append((None,) * 5 if is_nowhere or not known else known[max(known)])
    return answers


def as_arrow(table: pa.Table, is_odd: bool) -> Any:
    pieces = pa.Table.from_batches(table.to_batches(max_chunksize=3), table.schema)
    if not is_odd:
        return pieces
    for n, field in enumerate(pieces.schema):
        if pa.types.is_string(field.type) or pa.types.is_int64(field.type):
            pieces = pieces.set_column(n, field.name, pieces.column(n).dictionary_encode())
    return pieces


def as_pandas(table: pa.Table, is_odd: bool) -> Any:
    kinds: Any = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame = table.to_pandas(types_mapper=pd.ArrowDtype if is_odd else kinds.get)
    for name in frame.columns if is_odd else ():
        if frame[name].dtype == pd.ArrowDtype(pa.string()):
            frame[name] = frame[name].astype("category")
    return frame


def as_polars(table: pa.Table, is_odd: bool) -> Any:
    frame = pl.DataFrame(table)
    return frame.with_columns(pl.col(pl.String).cast(pl.Categorical)) if is_odd else frame


def as_relation(table: pa.Table, is_odd: bool) -> Any:
    con = duckdb.connect()
    con.execute("set TimeZone = 'Asia/Tokyo'")
    columns = ", ".join(
        f"cast({field.name} as hugeint) as {field.name}"
        if is_odd and field.type == pa.int64()
        else field.name
        for field in table.schema
    )
    con.register("entity_rows", table)
    return con.sql(f"select {columns} from entity_rows")


def as_dicts(table: pa.Table, is_odd: bool) -> Any:
    """A list of dicts; where it is odd, those after the first leave nulls out."""
    rows = python(table).to_pylist()
    return [
        {name: value for name, value in row.items() if not (is_odd and n and value is None)}
        for n, row in enumerate(rows)
    ]


def as_lists(table: pa.Table, is_odd: bool) -> Any:
    lists = python(table).to_pydict()
    return {name: tuple(v) if is_odd else v for name, v in lists.items()}


def python(table: pa.Table) -> pa.Table:
    """Instants in microseconds: Python has no others."""
    instants = table["event_timestamp"].cast(pa.timestamp("us", table["event_timestamp"].type.tz))
    return table.set_column(table.num_columns - 1, "event_timestamp", instants)


FRAMES: dict[str, Callable[[pa.Table, bool], Any]] = {
    "arrow": as_arrow,
    "dicts": as_dicts,
    "lists": as_lists,
    "pandas": as_pandas,
    "polars": as_polars,
    "relation": as_relation,
}


def put(store: Location, types: list[str], facts: dict[tuple[Row, datetime], Row]) -> None:
    """Publish a view of the facts, its rows in the order of DuckDB."""
    names = [f"k{n}" for n in range(len(types))]
    columns = dict(zip(names, types, strict=True)) | {"available_at": "TIMESTAMP"}
    columns |= {f"f_{type_.lower()}": type_ for type_ in TYPES}
    rows = rows_of(columns, *((*key, t, *own) for (key, t), own in facts.items()))
    by_name = ", ".join([*names, "available_at"])
    with duckdb.connect() as con:
        con.register("facts", rows)
        sorted_rows = con.sql(f"from facts order by {by_name}").to_arrow_table()

    class Sorted:
        """The table, which stays in its order."""

        def sort_by(self, _: object) -> pa.Table:
            return sorted_rows

    in_order: Any = Sorted()
    release(store, put_view(store, "view", in_order, keys=tuple(names)))


@pytest.mark.filterwarnings("ignore:.*values are in no row")
@given(case=cases(), group=st.integers(1, 5), is_renamed=st.booleans())
def test_every_frame_gives_what_a_reference_of_dicts_gives(
    store: Location, case: Any, group: int, is_renamed: bool
) -> None:
    types, facts, rows, (library, unit, zone, is_odd) = case
    # One instant of a key under both zeros is one row twice, which nobody publishes.
    facts = dict({(repr_key(key), t): ((key, t), own) for (key, t), own in facts.items()}.values())
    place = Location(store.bucket, f"{store.prefix}/{next(_numbers)}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_files, "ROW_GROUP_ROWS", group)
        put(place, types, facts)
    names = [f"{'given' if is_renamed else 'k'}{n}" for n in range(len(types))]
    table = rows_of({**dict(zip(names, types, strict=True)), "event_timestamp": "TIMESTAMP"}, *rows)
    instants = table["event_timestamp"].cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    table = table.set_column(len(types), "event_timestamp", instants)
    frame = FRAMES[library](table, is_odd)
    keys = {f"k{n}": name for n, name in enumerate(names)}
    found = FeatureStore(place.uri()).get_historical_features(
        frame,
        ["again" if is_renamed else "view"],
        aliases={"again": {"view": "view", "keys": keys}} if is_renamed else None,
    )
    expected = reference(facts, rows)
    features = found.to_arrow().select([f"f_{type_.lower()}" for type_ in TYPES])
    assert [tuple(row.values()) for row in features.to_pylist()] == expected
    assert features.schema.types == [ARROW_TYPES[type_] for type_ in TYPES]
    in_pandas = found.to_pandas()
    assert [str(dtype) for dtype in in_pandas.dtypes.iloc[-5:]] == [
        "Int64", "float64", "boolean", "str", "datetime64[us]"
    ]  # fmt: skip
    whole = in_pandas["f_bigint"]
    assert [None if v is pd.NA else int(v) for v in whole] == [row[0] for row in expected]
    assert found.to_polars()["f_timestamp"].to_list() == [row[4] for row in expected]
    own = found.to_arrow().drop_columns(features.column_names)
    if library in {"arrow", "polars", "relation"}:
        assert repr(own.to_pylist()) == repr(pa.table(frame).to_pylist())
    assert (
        own["event_timestamp"].to_pylist()
        == [row[-1].replace(tzinfo=UTC) if zone else row[-1] for row in rows]
        or library == "relation"
    )


def repr_key(key: Row) -> str:
    """Keys that DuckDB takes for equal have one."""
    return repr(tuple(v + 0.0 if isinstance(v, float) else v for v in key))
