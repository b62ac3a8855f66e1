"""Every type that pandas, polars, DuckDB and pyarrow hand over: as key, instant, request and label.

Each kind of column comes with three values, the second null, and with the type of Milepost's that
it stands for, if any. As that it gives values in each role, in the others Milepost's own error; as
a label it comes back as it was, and a training set on S3 is made again with the same bytes.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import UTC, date, time, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from milepost import FeatureStore
from milepost.errors import LookupInputError
from milepost.reading import entity_rows, entity_sources
from milepost.reading.training_set import TrainingSet
from milepost.release.files import ARROW_TYPES
from milepost.release.names import TYPES
from milepost.storage import s3
from milepost.storage.location import Location
from small_releases import at, put_view, release, rows_of

FIRST, SECOND = at("2026-02-01T00:00:00"), at("2026-03-08T06:30:00")
VALUES: dict[str, list[Any]] = {
    "BIGINT": [1, None, 2],
    "DOUBLE": [0.5, None, -0.25],
    "BOOLEAN": [True, None, False],
    "VARCHAR": ["a", None, "größe 📦"],
    "TIMESTAMP": [FIRST, None, SECOND],
}
_numbers = count(1)


class Kind(NamedTuple):
    """A kind of column: how it is made of values, and of which type of Milepost's it is."""

    name: str
    make: Callable[[list[Any]], Any]
    type: str | None = None
    also: tuple[str, ...] = ()
    """The types as which a column of the request is taken, beside its own."""

    values: tuple[Any, ...] = ()
    is_file: bool = True
    """Whether Parquet holds it."""

    is_polars: bool | None = True
    """Whether polars holds it; None where it says so with a warning."""


def of_arrow(kind: pa.DataType) -> Callable[[list[Any]], pa.Table]:
    return lambda values: pa.table({"x": pa.array(values, kind)})


def zoned(unit: str, zone: str) -> Callable[[list[Any]], pa.Table]:
    def make(values: list[Any]) -> pa.Table:
        naive = pa.array(values, pa.timestamp("us")).cast(pa.timestamp(unit))
        return pa.table({"x": naive.cast(pa.timestamp(unit, zone))})

    return make


def encoded(index: pa.DataType, kind: pa.DataType) -> Callable[[list[Any]], pa.Table]:
    def make(values: list[Any]) -> pa.Table:
        plain = pa.array(values).dictionary_encode()
        indices, words = plain.indices.cast(index), plain.dictionary.cast(kind)
        return pa.table({"x": pa.DictionaryArray.from_arrays(indices, words)})

    return make


def in_runs(values: list[Any]) -> pa.Table:
    return pa.table({"x": pc.run_end_encode(pa.array(values))})


def in_pieces(values: list[Any]) -> pa.Table:
    """Each value a chunk with a dictionary of its own."""
    chunks = [pa.array([value], pa.string()).dictionary_encode() for value in values]
    return pa.table({"x": pa.chunked_array(chunks)})


def of_pandas(dtype: Any = None) -> Callable[[list[Any]], pd.DataFrame]:
    return lambda values: pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


def of_polars(dtype: Any = None) -> Callable[[list[Any]], pl.DataFrame]:
    return lambda values: pl.DataFrame({"x": pl.Series(values, dtype=dtype)})


def of_duckdb(kind: str, text: Callable[[Any], str] = str) -> Callable[[list[Any]], Any]:
    def make(values: list[Any]) -> Any:
        rows = ", ".join("(null)" if v is None else f"('{text(v)}')" for v in values)
        return duckdb.connect().sql(f"select x::{kind} as x from (values {rows}) as rows (x)")

    return make


def raw_duckdb(sql: str) -> Callable[[list[Any]], Any]:
    return lambda values: duckdb.connect().sql(
        f"select case when n = 1 then null else {sql} end as x from range({len(values)}) as r (n)"
    )


def local_times(values: list[Any]) -> pd.DataFrame:
    """Datetimes of two zones in one column of objects."""
    zones = [ZoneInfo("America/Chicago"), UTC, timezone(timedelta(hours=5, minutes=30))]
    local = [
        v and v.replace(tzinfo=UTC).astimezone(zone) for v, zone in zip(values, zones, strict=False)
    ]
    return pd.DataFrame({"x": pd.Series(local, dtype=object)})


LISTS: Any = ([1, 2], None, [])
STRUCTS: Any = ({"a": 1}, None, {"a": None})
UNITS: Any = ("ms", "us", "ns")
NY = "America/New_York"
ALSO = ("DOUBLE",)
OTHER_LIBRARIES = [
    *(
        Kind(f"pandas {dtype}", of_pandas(dtype), "BIGINT", ALSO)
        for dtype in ("Int8", "Int64", "UInt64", "int64[pyarrow]", object)
    ),
    *(
        Kind(f"pandas {dtype}", of_pandas(dtype), "VARCHAR")
        for dtype in (
            "str",
            "string",
            "string[pyarrow]",
            "large_string[pyarrow]",
            "category",
            object,
        )
    ),
    Kind(
        "pandas dictionary",
        of_pandas(pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))),
        "VARCHAR",
    ),
    Kind("pandas category of numbers", of_pandas("category"), "DOUBLE"),
    Kind("pandas Float64", of_pandas("Float64"), "DOUBLE"),
    Kind("pandas float", of_pandas("float64"), "DOUBLE"),
    Kind("pandas float32", of_pandas("float32"), None, ("DOUBLE",), (0.5, None, 1.5)),
    Kind("pandas boolean", of_pandas("boolean"), "BOOLEAN"),
    Kind("pandas object of booleans", of_pandas(object), "BOOLEAN"),
    *(
        Kind(f"pandas datetime64[{unit}]", of_pandas(f"datetime64[{unit}]"), "TIMESTAMP")
        for unit in ("s", "ms", "us", "ns")
    ),
    Kind(
        "pandas zoned",
        lambda values: of_pandas()(list(pd.to_datetime(values, utc=True).tz_convert(NY))),
        "TIMESTAMP",
    ),
    Kind(
        "pandas ArrowDtype zoned", of_pandas(pd.ArrowDtype(pa.timestamp("s", "UTC"))), "TIMESTAMP"
    ),
    Kind("pandas objects of zones", local_times, "TIMESTAMP"),
    Kind(
        "pandas period",
        of_pandas("period[D]"),
        None,
        (),
        (date(2026, 1, 1), None, date(2026, 1, 2)),
        is_polars=None,
    ),
    Kind(
        "pandas timedelta",
        of_pandas("timedelta64[ns]"),
        None,
        (),
        (timedelta(1), None, timedelta(2)),
    ),
    Kind("pandas dates", of_pandas(object), None, (), (date(2026, 1, 1), None, date(2026, 1, 2))),
    Kind("pandas decimals", of_pandas(object), None, ALSO, (Decimal("0.5"), None, Decimal("1.25"))),
    Kind(
        "pandas uuids",
        of_pandas(object),
        None,
        (),
        (uuid.UUID(int=1), None, uuid.UUID(int=2)),
        is_polars=None,
    ),
    Kind("pandas list", of_pandas(pd.ArrowDtype(pa.list_(pa.int64()))), None, (), LISTS),
    Kind(
        "pandas struct", of_pandas(pd.ArrowDtype(pa.struct([("a", pa.int64())]))), None, (), STRUCTS
    ),
    Kind("pandas interval", lambda _: pd.DataFrame({"x": pd.interval_range(0, 3)}), is_polars=None),
    Kind("polars Categorical", of_polars(pl.Categorical), "VARCHAR"),
    Kind("polars Enum", of_polars(pl.Enum(["b", "a", "größe 📦"])), "VARCHAR"),
    Kind("polars String", of_polars(pl.String), "VARCHAR"),
    *(
        Kind(f"polars {dtype}", of_polars(dtype), "BIGINT", ALSO)
        for dtype in (pl.Int8, pl.Int64, pl.UInt64)
    ),
    Kind("polars Float64", of_polars(pl.Float64), "DOUBLE"),
    Kind("polars Float32", of_polars(pl.Float32), None, ALSO, (0.5, None, 1.5)),
    Kind("polars Boolean", of_polars(pl.Boolean), "BOOLEAN"),
    *(
        Kind(f"polars Datetime {unit} {zone}", of_polars(pl.Datetime(unit, zone)), "TIMESTAMP")
        for unit in UNITS
        for zone in (None, "UTC", NY)
    ),
    Kind(
        "polars Decimal",
        of_polars(pl.Decimal(20, 2)),
        None,
        ALSO,
        (Decimal("0.50"), None, Decimal(3)),
    ),
    Kind("polars Date", of_polars(pl.Date), None, (), (date(2026, 1, 1), None, date(2026, 1, 2))),
    Kind("polars Time", of_polars(pl.Time), None, (), (time(1), None, time(2))),
    Kind("polars Duration", of_polars(pl.Duration), None, (), (timedelta(1), None, timedelta(2))),
    Kind("polars List", of_polars(pl.List(pl.String)), None, (), (["a"], None, [])),
    Kind("polars Array", of_polars(pl.Array(pl.Int64, 2)), None, (), ([1, 2], None, [3, 4])),
    Kind(
        "polars Struct",
        of_polars(pl.Struct({"a": pl.String})),
        None,
        (),
        ({"a": "b"}, None, {"a": None}),
    ),
    Kind("polars Binary", of_polars(pl.Binary), None, (), (b"a", None, b"")),
    *(
        Kind(f"DuckDB {kind}", of_duckdb(kind), "BIGINT", ALSO)
        for kind in ("TINYINT", "BIGINT", "UBIGINT", "HUGEINT", "DECIMAL(18, 0)")
    ),
    *(
        Kind(f"DuckDB {kind}", of_duckdb(kind), "VARCHAR")
        for kind in ("VARCHAR", "ENUM('größe 📦', 'a')")
    ),
    Kind("DuckDB DOUBLE", of_duckdb("DOUBLE"), "DOUBLE"),
    Kind("DuckDB FLOAT", of_duckdb("FLOAT"), None, ALSO, (0.5, None, 1.5)),
    Kind("DuckDB BOOLEAN", of_duckdb("BOOLEAN"), "BOOLEAN"),
    *(
        Kind(f"DuckDB {kind}", of_duckdb(kind), "TIMESTAMP")
        for kind in ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS")
    ),
    Kind("DuckDB TIMESTAMPTZ", of_duckdb("TIMESTAMPTZ", lambda v: f"{v}+00"), "TIMESTAMP"),
    Kind(
        "DuckDB UUID",
        of_duckdb("UUID"),
        None,
        ("VARCHAR",),
        (uuid.UUID(int=1), None, uuid.UUID(int=2)),
    ),
    Kind("DuckDB DECIMAL", raw_duckdb("1.50::decimal(18, 2)"), None, ALSO),
    Kind("DuckDB DATE", raw_duckdb("date '2026-01-01'")),
    Kind("DuckDB INTERVAL", raw_duckdb("interval 1 day"), is_file=False, is_polars=False),
    Kind("DuckDB BIT", raw_duckdb("'101'::bit")),
    Kind("DuckDB BLOB", raw_duckdb("'a'::blob")),
    Kind("DuckDB LIST", raw_duckdb("[1, null]")),
    Kind("DuckDB ARRAY", of_duckdb("INTEGER[2]"), None, (), ([1, 2], None, [3, 4])),
    Kind("DuckDB STRUCT", raw_duckdb("{'a': 'b'}")),
    Kind("DuckDB MAP", raw_duckdb("map {'a': 1}")),
    Kind("DuckDB UNION", raw_duckdb("union_value(n := 1)"), is_file=False, is_polars=False),
]
ARROW = [
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), "BIGINT", ALSO, is_polars=kind.bit_width < 256)
        for kind in (
            pa.int8(),
            pa.uint8(),
            pa.int16(),
            pa.uint16(),
            pa.int32(),
            pa.uint32(),
            pa.int64(),
            pa.uint64(),
            pa.decimal32(5, 0),
            pa.decimal64(12, 0),
            pa.decimal128(38, 0),
            pa.decimal256(60, 0),
        )
    ),
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), "VARCHAR")
        for kind in (pa.string(), pa.large_string(), pa.string_view())
    ),
    *(
        Kind(f"Arrow dictionary {index} {kind}", encoded(index, kind), "VARCHAR")
        for index in (pa.int8(), pa.uint32())
        for kind in (pa.string(), pa.large_string(), pa.string_view())
    ),
    Kind("Arrow dictionaries in pieces", in_pieces, "VARCHAR"),
    Kind("Arrow dictionary of ints", encoded(pa.int8(), pa.int32()), "BIGINT", ALSO),
    Kind("Arrow dictionary of instants", encoded(pa.int16(), pa.timestamp("s")), "TIMESTAMP"),
    *(
        Kind(
            f"Arrow runs of {type_}",
            in_runs,
            type_,
            ALSO if type_ == "BIGINT" else (),
            is_polars=False,
        )
        for type_ in TYPES
    ),
    *(
        Kind(f"Arrow timestamp {unit}", of_arrow(pa.timestamp(unit)), "TIMESTAMP")
        for unit in ("s", "ms", "us", "ns")
    ),
    *(
        Kind(
            f"Arrow timestamp {unit} {zone}",
            zoned(unit, zone),
            "TIMESTAMP",
            is_polars=zone[0] != "+",
        )
        for unit in ("s", "us", "ns")
        for zone in ("UTC", NY, "+05:30")
    ),
    Kind("Arrow double", of_arrow(pa.float64()), "DOUBLE"),
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), None, ALSO, (0.5, None, 1.5))
        for kind in (pa.float16(), pa.float32())
    ),
    *(
        Kind(
            f"Arrow {kind}",
            of_arrow(kind),
            None,
            ALSO,
            (Decimal("0.5"), None, Decimal("1.25")),
            is_polars=kind.bit_width < 256,
        )
        for kind in (
            pa.decimal32(5, 2),
            pa.decimal64(12, 2),
            pa.decimal128(12, 2),
            pa.decimal256(60, 2),
        )
    ),
    Kind("Arrow bool", of_arrow(pa.bool_()), "BOOLEAN"),
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), None, (), (date(2026, 1, 1), None, date(2026, 1, 2)))
        for kind in (pa.date32(), pa.date64())
    ),
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), None, (), (time(1), None, time(2)))
        for kind in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"))
    ),
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), None, (), (timedelta(1), None, timedelta(2)))
        for kind in (pa.duration("s"), pa.duration("ns"))
    ),
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), None, (), (b"a", None, b"b"))
        for kind in (pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(1))
    ),
    *(
        Kind(f"Arrow {kind}", of_arrow(kind), None, (), LISTS, is_polars="view" not in str(kind))
        for kind in (
            pa.list_(pa.int64()),
            pa.large_list(pa.int8()),
            pa.list_view(pa.int64()),
            pa.large_list_view(pa.int64()),
            pa.list_(pa.field("x", pa.int64())),
        )
    ),
    Kind(
        "Arrow fixed list",
        of_arrow(pa.list_(pa.int64(), 2)),
        None,
        (),
        ([1, 2], None, [3, 4]),
        is_polars=None,
    ),
    Kind(
        "Arrow list of dictionaries",
        of_arrow(pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        None,
        (),
        (["a"], None, ["b", "a"]),
    ),
    Kind(
        "Arrow list of views", of_arrow(pa.list_(pa.string_view())), None, (), (["a"], None, [None])
    ),
    Kind("Arrow struct", of_arrow(pa.struct([("a", pa.int64())])), None, (), STRUCTS),
    Kind(
        "Arrow struct of seconds",
        of_arrow(pa.struct([("a", pa.timestamp("s"))])),
        None,
        (),
        ({"a": FIRST}, None, {"a": None}),
    ),
    Kind(
        "Arrow struct not null",
        of_arrow(pa.struct([pa.field("a", pa.int64(), nullable=False)])),
        None,
        (),
        ({"a": 1}, None, {"a": 2}),
    ),
    Kind(
        "Arrow map",
        of_arrow(pa.map_(pa.string_view(), pa.int64())),
        None,
        (),
        ([("k", 1)], None, [("m", None)]),
    ),
    Kind("Arrow empty struct", of_arrow(pa.struct([])), None, (), ({}, None, {}), is_file=False),
    Kind("Arrow json", of_arrow(pa.json_()), None, (), ("{}", None, "[1]"), is_polars=None),
    Kind("Arrow uuid", of_arrow(pa.uuid()), None, (), (b"0" * 16, None, b"1" * 16), is_polars=None),
    Kind(
        "Arrow interval",
        of_arrow(pa.month_day_nano_interval()),
        None,
        (),
        ((1, 2, 3), None, (0, 0, 0)),
        is_file=False,
        is_polars=False,
    ),
]
KINDS = [*OTHER_LIBRARIES, *ARROW]


def types_of(type_: str) -> dict[str, str]:
    return {"x": type_, "available_at": "TIMESTAMP", "number": "BIGINT"}


@pytest.fixture(scope="module")
def shelf(s3_server: dict[str, str]) -> FeatureStore:
    """A view with a key of each type, and one without."""
    store = Location.parse(f"s3://milepost-store/test-{os.getpid()}-entity-types")
    start = at("2026-01-02")
    views = [
        put_view(
            store,
            f"by_{type_.lower()}",
            rows_of(
                types_of(type_), *((v, start, n) for n, v in enumerate(values, 1) if v is not None)
            ),
            keys=("x",),
        )
        for type_, values in VALUES.items()
    ]
    steps = rows_of(
        {"available_at": "TIMESTAMP", "step": "BIGINT"}, (start, 1), (FIRST, 2), (SECOND, 3)
    )
    release(store, *views, put_view(store, "steps", steps, keys=()))
    return FeatureStore(store.uri())


def renamed(frame: Any, name: str) -> Any:
    if isinstance(frame, pd.DataFrame):
        return frame.rename(columns={"x": name})
    if isinstance(frame, pl.DataFrame):
        return frame.rename({"x": name})
    return (
        frame.rename_columns([name])
        if isinstance(frame, pa.Table)
        else frame.project(f"x as {name}")
    )


def timed(frame: Any) -> Any:
    """The frame with an instant in each row."""
    if isinstance(frame, pd.DataFrame):
        return frame.assign(event_timestamp=FIRST)
    if isinstance(frame, pl.DataFrame):
        return frame.with_columns(event_timestamp=pl.lit(FIRST))
    if isinstance(frame, pa.Table):
        return frame.append_column("event_timestamp", pa.array([FIRST] * len(frame)))
    return frame.project(f"*, timestamp '{FIRST}' as event_timestamp")


def values_of(kind: Kind) -> list[Any]:
    return VALUES[kind.type] if kind.type else list(kind.values) or [1, None, 2]


def read(frame: Any) -> pa.Table:
    """The frame as a lookup reads it."""
    no_s3: Any = None
    return entity_sources.reader(frame, no_s3, dict).read_all()


def side_by_side(library: str) -> tuple[Any, list[Kind]]:
    """One frame of a library with all of its kinds, the columns `x0`, `x1` and so on."""
    kinds = [kind for kind in KINDS if kind.name.startswith(library)]
    frames = [renamed(kind.make(values_of(kind)), f"x{n}") for n, kind in enumerate(kinds)]
    if library == "pandas":
        return pd.concat(frames, axis=1), kinds
    if library == "polars":
        return pl.concat(frames, how="horizontal"), kinds
    if library == "Arrow":
        columns = {f"x{n}": frame.column(0) for n, frame in enumerate(frames)}
        return pa.table(columns), kinds
    queries = [f"({frame.sql_query()}) as t{n}" for n, frame in enumerate(frames)]
    return duckdb.connect().sql(f"select * from {' positional join '.join(queries)}"), kinds


each_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
each_library = pytest.mark.parametrize("library", ["pandas", "polars", "DuckDB", "Arrow"])


@each_library
def test_a_key_of_every_kind_is_matched(shelf: FeatureStore, library: str) -> None:
    frame, kinds = side_by_side(library)
    aliases = {
        f"k{n}": {"view": f"by_{kind.type.lower()}", "keys": {"x": f"x{n}"}}
        for n, kind in enumerate(kinds)
        if kind.type
    }
    found = shelf.get_latest_features(
        frame, list(aliases), aliases=aliases, full_feature_names=True
    ).to_arrow()
    for name in aliases:
        kind = kinds[int(name[1:])]
        assert found[f"{name}__number"].to_pylist() == [1, None, 3], kind.name
    assert len(aliases) >= 14


@each_kind
def test_a_key_or_a_column_of_the_request_of_another_kind_is_refused(kind: Kind) -> None:
    rows = read(kind.make(values_of(kind)))
    for type_ in TYPES:
        view = pa.schema([("x", ARROW_TYPES[type_])])
        if type_ != kind.type and (type_, kind.also) != ("VARCHAR", ("VARCHAR",)):
            message = f"^key `x` is .* `view` {ARROW_TYPES[type_]}".replace("[", "\\[")
            with pytest.raises(LookupInputError, match=message + ".*\nhint: convert the column"):
                entity_rows.key_columns(rows, "view", {"x": "x"}, view)
        if type_ == kind.type or type_ in kind.also:
            column = entity_rows.request_column(rows, "x", ARROW_TYPES[type_], "feature")
            assert column.type == ARROW_TYPES[type_]
            as_given = column.to_pylist() == values_of(kind)
            assert as_given or kind.name in {"DuckDB DECIMAL", "DuckDB UUID"}
        else:
            message = "^`x` is .*, for derived feature `feature` .*\nhint: convert"
            with pytest.raises(LookupInputError, match=message):
                entity_rows.request_column(rows, "x", ARROW_TYPES[type_], "feature")


@each_kind
def test_an_instant_is_one_or_is_refused(kind: Kind) -> None:
    first, _, third = values_of(kind)
    rows = read(renamed(kind.make([first, third, first]), "event_timestamp"))
    if kind.type == "TIMESTAMP":
        instants = entity_rows.event_instants(rows)
        assert instants.type == pa.timestamp("us")
        assert instants.to_pylist() == [first, third, first]
    else:
        with pytest.raises(LookupInputError, match=r"`event_timestamp` is .*, not a timestamp\nh"):
            entity_rows.event_instants(rows)


@each_library
def test_labels_come_back_and_the_same_bytes_are_made_again(
    shelf: FeatureStore, library: str
) -> None:
    frame, kinds = side_by_side(library)
    frame = timed(frame)
    given = pa.table(frame)
    found = shelf.get_historical_features(frame, ["steps"])
    for n, kind in enumerate(kinds):
        column = found.to_arrow()[f"x{n}"]
        assert column.type == given[f"x{n}"].type, kind.name
        assert column.to_pylist() == given[f"x{n}"].to_pylist(), kind.name
    unions = [f"x{n}" for n, kind in enumerate(kinds) if kind.name == "DuckDB UNION"]
    pandas = TrainingSet(found.to_arrow().drop_columns(unions)).to_pandas()
    for name in frame.columns if library == "pandas" else ():
        if frame[name].dtype != object:
            pd.testing.assert_series_equal(pandas[name], frame[name])
    if unions:
        with pytest.raises(LookupInputError, match="pandas cannot hold the training set: "):
            found.to_pandas()
    is_polars = [f"x{n}" for n, kind in enumerate(kinds) if kind.is_polars]
    assert len(TrainingSet(found.to_arrow().select(is_polars)).to_polars()) == 3
    for n, kind in enumerate(kinds):
        if kind.is_polars is False:
            with pytest.raises(LookupInputError, match="polars cannot hold the training set"):
                TrainingSet(found.to_arrow().select([f"x{n}"])).to_polars()
    lasting = [f"x{n}" for n, kind in enumerate(kinds) if kind.is_file]
    rows = given.select([*lasting, "event_timestamp"])
    first, again = (f"{shelf.location.uri()}-sets/{next(_numbers)}.parquet" for _ in range(2))
    assert shelf.get_historical_features(rows, ["steps"], to=first) == 3
    assert shelf.reproduce(first, to=again) == 3
    assert body(first) == body(again)
    in_memory = shelf.reproduce(first)
    assert in_memory.recipe == shelf.get_historical_features(rows, ["steps"]).recipe
    for name in lasting:
        assert in_memory.to_arrow()[name].to_pylist() == given[name].to_pylist()
    for n, kind in enumerate(kinds):
        if not kind.is_file:
            message = f"column `x{n}` is .*, which Parquet does not have"
            rows = given.select([f"x{n}", "event_timestamp"])
            with pytest.raises(LookupInputError, match=message):
                shelf.get_historical_features(
                    rows, ["steps"], to=f"{shelf.location.uri()}-no.parquet"
                )


def body(uri: str) -> bytes:
    place = Location.parse(uri)
    found = s3.get(Location(place.bucket, ""), place.prefix)
    assert found is not None
    return found[0]
