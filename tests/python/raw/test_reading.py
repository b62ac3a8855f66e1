"""Columns of real Parquet, read from S3 in their declared types: exactly, or refused by name."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt_common.exceptions import CompilationError

from macro import Macros
from milepost.errors import LandingError
from milepost.raw import closed_tables, landing
from milepost.raw.column_types import arrow_names, arrow_type, duckdb_type
from milepost.raw.reading import Reading, check_declared, readings
from milepost.raw.tables import Column, RawFile, RawTable
from milepost.storage import s3
from milepost.storage.client import endpoint
from milepost.storage.location import Location

PROJECT = Path(__file__).parents[3]
MARCH = datetime(2026, 3, 1)
FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)
NS_FIRST, NS_LAST = datetime(1677, 9, 22), datetime(2262, 4, 11)


@cache
def macros() -> Macros:
    adapter = SimpleNamespace(quote=lambda name: '"' + name.replace('"', '""') + '"')
    landing = Macros("landing", execute=True, adapter=adapter)
    adapter.dispatch = landing._dispatch
    return landing


def connection() -> duckdb.DuckDBPyConnection:
    """DuckDB as a project's dbt has it, but for a time zone that must not matter."""
    extensions = str(PROJECT / ".local/duckdb_extensions")
    con = duckdb.connect(config={"extension_directory": extensions})
    con.execute("load httpfs")
    con.execute(endpoint().duckdb_secret())
    con.execute("set TimeZone = 'America/New_York'")
    return con


def put(raw: Location, name: str, rows: pa.Table, **options: Any) -> RawFile:
    """Write a file with pyarrow, and describe it as its footer does."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, **options)
    return described(raw, name, sink.getvalue().to_pybytes())


def described(raw: Location, name: str, content: bytes, starts_at: datetime = MARCH) -> RawFile:
    s3.put(raw, name, content)
    footer = pq.read_metadata(pa.BufferReader(content))
    return RawFile(
        uri=raw.uri(name),
        starts_at=starts_at,
        closes_at=starts_at + timedelta(days=1),
        columns=arrow_names(footer.schema.to_arrow_schema()),
        rows=footer.num_rows,
    )


def table_of(raw: Location, *columns: Column, time_zone: str = "UTC") -> RawTable:
    names = {column.name: column for column in columns}
    return RawTable("source.lake.loads", "lake.loads", "loads", raw, names, time_zone=time_zone)


def rows_read(raw: Location, columns: tuple[Column, ...], *files: RawFile) -> list[tuple[Any, ...]]:
    """The declared columns of files as text, and `milepost__unreadable`, in the files' order.

    As text, because Python has neither nanoseconds nor doubles that show their last digit.
    """
    parts: dict[tuple[Reading, ...], list[RawFile]] = {}
    for file in files:
        parts.setdefault(readings(table_of(raw, *columns), file), []).append(file)
    selects = [
        macros().read_part(
            {
                "readings": [asdict(reading) for reading in alike],
                "other_types": [],
                "files": [{"uri": file.uri} for file in of_part],
            }
        )
        for alike, of_part in parts.items()
    ]
    con = connection()
    con.execute(f"create table loads as {' union all '.join(selects)}")
    loads = con.table("loads")
    types = dict(zip(loads.columns, map(str, loads.types), strict=True))
    assert [types[column.name] for column in columns] == [
        duckdb_type(column.data_type) for column in columns
    ]
    names = [column.name.replace('"', '""') for column in columns]
    values = ", ".join(f'cast("{name}" as varchar)' for name in names)
    query = f"select {values}, milepost__unreadable from loads where milepost__file = ?"
    return [row for file in files for row in con.execute(query, [file.uri]).fetchall()]


def values_read(raw: Location, declared: str, array: pa.Array, **options: Any) -> list[str | None]:
    """The values of a column of a declared type, as text; `!` for an unreadable one."""
    column = Column("value", declared, text_format=options.pop("text_format", None))
    file = put(raw, "loads/part-0.parquet", pa.table({"value": array}), **options)
    rows = rows_read(raw, (column,), file)
    assert all(value is None for value, unreadable in rows if unreadable)
    assert {unreadable for _, unreadable in rows} <= {None, "value"}
    return ["!" if unreadable else value for value, unreadable in rows]


def refused(raw: Location, column: Column, rows: pa.Table, *parts: str) -> None:
    file = put(raw, "loads/part-0.parquet", rows)
    with pytest.raises(LandingError) as error:
        readings(table_of(raw, column), file)
    for part in (f"column `{column.name}` of raw table `lake.loads`", f"`{file.uri}`", *parts):
        assert part in str(error.value)


INTEGERS = [
    (pa.int8(), -(2**7), 2**7 - 1),
    (pa.int16(), -(2**15), 2**15 - 1),
    (pa.int32(), -(2**31), 2**31 - 1),
    (pa.int64(), -(2**63), 2**63 - 1),
    (pa.uint8(), 0, 2**8 - 1),
    (pa.uint16(), 0, 2**16 - 1),
    (pa.uint32(), 0, 2**32 - 1),
    (pa.uint64(), 0, 2**63 - 1),
]


@pytest.mark.parametrize(("arrow", "least", "most"), INTEGERS, ids=str)
def test_integers_of_any_width_widen(
    raw: Location, arrow: pa.DataType, least: int, most: int
) -> None:
    values = pa.array([least, most, None], arrow)
    assert values_read(raw, "bigint", values) == [str(least), str(most), None]


def test_an_integer_that_the_declared_type_lacks_is_unreadable(raw: Location) -> None:
    assert values_read(raw, "bigint", pa.array([2**63, 2**64 - 1, 7, None], pa.uint64())) == [
        "!",
        "!",
        "7",
        None,
    ]


def test_an_integer_as_a_double_is_that_integer_or_unreadable(raw: Location) -> None:
    exact, lost = [2**53, -(2**53), 2**60, -(2**63), 0], [2**53 + 1, -(2**53) - 1, 2**63 - 1]
    read = values_read(raw, "double", pa.array([*exact, *lost, None]))
    assert [float(value) for value in read[:5] if value] == exact
    assert read[5:] == ["!"] * 3 + [None]
    unsigned = pa.array([2**63, 2**64 - 1], pa.uint64())
    assert values_read(raw, "double", unsigned) == [str(float(2**63)), "!"]
    small = pa.array([-(2**31), 2**31 - 1], pa.int32())
    assert values_read(raw, "float8", small) == ["-2147483648.0", "2147483647.0"]


def test_a_float_keeps_its_bits_and_nan_stays_nan(raw: Location) -> None:
    floats = pa.array([0.1, float("nan"), float("inf"), -0.0, None], pa.float32())
    widened = [repr(value) for value in floats.to_pylist()[:1]]
    assert values_read(raw, "double", floats) == [*widened, "nan", "inf", "-0.0", None]
    half = pa.array([1.5, float("nan")], pa.float64()).cast(pa.float16())
    assert values_read(raw, "double", half) == ["1.5", "nan"]
    assert values_read(raw, "real", floats)[0] == "0.1"


@pytest.mark.parametrize(
    ("arrow", "declared", "value", "read"),
    [
        (pa.decimal128(4, 1), "decimal(12,2)", "999.9", "999.90"),
        (pa.decimal32(4, 1), "numeric(12, 2)", "999.9", "999.90"),
        (pa.decimal64(18, 2), "decimal(38,2)", "9" * 16 + ".99", "9" * 16 + ".99"),
        (pa.decimal128(38, 10), "DECIMAL(38,10)", "9" * 28 + "." + "1" * 10, None),
        (pa.decimal256(38, 10), "decimal(38,10)", "-" + "9" * 28 + "." + "1" * 10, None),
        (pa.decimal128(2, 2), "decimal(38,38)", "0.25", ".25" + "0" * 36),
        (pa.decimal128(15, 2), "double", "9999999999999.99", "9999999999999.99"),
        (pa.int64(), "decimal(38, 2)", -(2**63), f"{-(2**63)}.00"),
        (pa.uint64(), "decimal(20, 0)", 2**64 - 1, str(2**64 - 1)),
    ],
    ids=str,
)
def test_a_decimal_that_holds_every_digit_is_read(
    raw: Location, arrow: pa.DataType, declared: str, value: str | int, read: str | None
) -> None:
    exact = Decimal(value) if isinstance(value, str) else value
    array = pa.array([exact, None], arrow)
    for stored_as_integer in (False, True):
        options = {"store_decimal_as_integer": True} if stored_as_integer else {}
        assert values_read(raw, declared, array, **options) == [read or str(value), None]


INSTANTS = [NS_FIRST, datetime(1969, 12, 31, 23, 59, 59), datetime(1970, 1, 1), NS_LAST, None]


def as_text(instant: datetime | None) -> str | None:
    return (
        None
        if instant is None
        else str(instant).rjust(19, "0")
        if instant.year < 1000
        else str(instant)
    )


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "+05:30"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_an_instant_of_any_unit_and_zone_is_naive_utc(
    raw: Location, unit: str, zone: str | None
) -> None:
    instants = list(INSTANTS)
    if unit != "ns":
        instants += [FIRST, LAST.replace(microsecond=0)]
    if unit == "us":
        instants += [LAST, datetime(1969, 12, 31, 23, 59, 59, 999999)]
    aware = [instant and instant.replace(tzinfo=UTC if zone else None) for instant in instants]
    array = pa.array(aware, pa.timestamp(unit, zone))
    assert values_read(raw, "timestamp", array) == [as_text(instant) for instant in instants]


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_an_instant_of_int96_is_naive_utc(raw: Location, zone: str | None) -> None:
    instants = [FIRST, LAST, *INSTANTS]
    aware = [instant and instant.replace(tzinfo=UTC if zone else None) for instant in instants]
    array = pa.array(aware, pa.timestamp("us", zone))
    read = values_read(raw, "timestamp", array, use_deprecated_int96_timestamps=True)
    assert read == [as_text(instant) for instant in instants]


@pytest.mark.parametrize("unit", ["ms", "us"])
def test_instants_coerced_to_a_unit_and_old_versions_of_parquet_are_read(
    raw: Location, unit: str
) -> None:
    array = pa.array([datetime(2026, 3, 1, 1, 2, 3, 4000)], pa.timestamp("ns"))
    for version in ("1.0", "2.4", "2.6"):
        options = {"coerce_timestamps": unit, "version": version, "store_schema": False}
        assert values_read(raw, "timestamp", array, **options) == ["2026-03-01 01:02:03.004"]


@pytest.mark.parametrize("options", [{}, {"use_deprecated_int96_timestamps": True}])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_what_is_finer_than_a_microsecond_is_cut_off(
    raw: Location, zone: str | None, options: dict[str, bool]
) -> None:
    """An instant stays before the same microseconds, so no window gains or loses it."""
    array = pa.array([1_500, 1_999, 2_000], pa.timestamp("ns", zone))
    second = "1970-01-01 00:00:00.00000"
    assert values_read(raw, "timestamp", array, **options) == [second + digit for digit in "112"]


def test_an_instant_without_end_is_unreadable_in_a_zone(raw: Location) -> None:
    array = pa.array([2**63 - 1, -(2**63) + 1], pa.timestamp("us", "UTC"))
    assert values_read(raw, "timestamp", array) == ["!", "!"]


def test_dates_are_read_and_are_midnights_as_timestamps(raw: Location) -> None:
    for arrow in (pa.date32(), pa.date64()):
        array = pa.array([FIRST.date(), LAST.date(), date(1969, 12, 31), None], arrow)
        days = ["0001-01-01", "9999-12-31", "1969-12-31"]
        assert values_read(raw, "date", array) == [*days, None]
        assert values_read(raw, "datetime", array) == [*(f"{day} 00:00:00" for day in days), None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_midnight_is_a_date_and_another_time_is_unreadable(raw: Location, unit: str) -> None:
    """Pandas has no dates, and writes midnights."""
    days = [MARCH, NS_LAST, datetime(1969, 12, 31), MARCH + timedelta(seconds=1), None]
    array = pa.array(days, pa.timestamp(unit))
    read = values_read(raw, "date", array)
    assert read == ["2026-03-01", "2262-04-11", "1969-12-31", "!", None]
    if unit == "ns":
        assert values_read(raw, "date", pa.array([1, 0, -1], array.type)) == [
            "!",
            "1970-01-01",
            "!",
        ]


@pytest.mark.parametrize(
    "arrow",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.int32(), pa.large_string()),
    ],
    ids=str,
)
def test_text_of_every_kind_is_text(raw: Location, arrow: pa.DataType) -> None:
    texts = ["", "007", "Zoë\x00'\"", None, "NaN"]
    values = pa.array(texts)
    array = (
        values.dictionary_encode().cast(arrow)
        if isinstance(arrow, pa.DictionaryType)
        else values.cast(arrow)
    )
    assert values_read(raw, "text", array) == texts


def test_a_dictionary_of_numbers_a_uuid_and_json_are_read(raw: Location) -> None:
    numbers = pa.array([1, 2**62, 1], pa.int64()).dictionary_encode()
    assert values_read(raw, "bigint", numbers) == ["1", str(2**62), "1"]
    identity = pa.array([b"\x00" * 15 + b"\x01"], pa.uuid())
    assert values_read(raw, "varchar", identity) == ["00000000-0000-0000-0000-000000000001"]
    for options in ({}, {"store_schema": False}):
        texts = pa.array(['{"a": 1 }', None], pa.json_())
        assert values_read(raw, "varchar", texts, **options) == ['{"a": 1 }', None]


def test_booleans_are_read_and_nulls_alone_are_null_in_any_type(raw: Location) -> None:
    assert values_read(raw, "bool", pa.array([True, False, None])) == ["true", "false", None]
    for declared in ("varchar", "bigint", "decimal(12,2)", "timestamp", "boolean"):
        assert values_read(raw, declared, pa.nulls(2)) == [None, None]


@pytest.mark.parametrize(
    ("text_format", "text", "instant"),
    [
        ("%d.%m.%Y %H:%M", "31.12.2026 23:59", "2026-12-31 23:59:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-03-01T01:00:00+02:00", "2026-02-28 23:00:00"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-03-01 01:00:00 Europe/Berlin", "2026-03-01 00:00:00"),
        ("%Y-%m-%d %H:%M:%S.%f", "2026-03-01 01:00:00.000001", "2026-03-01 01:00:00.000001"),
        ("%Y-%m-%d %H:%M:%S.%n", "2026-03-01 01:00:00.000001999", "2026-03-01 01:00:00.000001"),
        ("it''s %Y-%m-%d", "it''s 0001-01-01", "0001-01-01 00:00:00"),
    ],
)
@pytest.mark.parametrize("arrow", [pa.string(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_text_is_an_instant_by_its_format_or_unreadable(
    raw: Location, arrow: pa.DataType, text_format: str, text: str, instant: str
) -> None:
    wrong = ["", "x", f"{text}x", "infinity", " -Infinity", "epoch", "NaN", "2026-02-30 00:00"]
    array = pa.array([text, None, *wrong])
    encoded = array.dictionary_encode() if isinstance(arrow, pa.DictionaryType) else array
    read = values_read(raw, "timestamp", encoded, text_format=text_format)
    assert read == [instant, None, *("!" for _ in wrong)]


def test_text_is_a_date_by_its_format_and_a_time_of_day_is_unreadable(raw: Location) -> None:
    texts = pa.array(["31.12.2026", "29.02.2027", None])
    assert values_read(raw, "date", texts, text_format="%d.%m.%Y") == ["2026-12-31", "!", None]
    texts = pa.array(["2026-12-31 00:00", "2026-12-31 00:01"])
    assert values_read(raw, "date", texts, text_format="%Y-%m-%d %H:%M") == ["2026-12-31", "!"]


def test_a_column_with_a_format_may_turn_from_text_to_an_instant(raw: Location) -> None:
    column = Column("at", "timestamp", text_format="%d.%m.%Y")
    as_text_file = put(raw, "a.parquet", pa.table({"at": ["01.03.2026", "x"]}))
    instants = pa.array([datetime(2026, 3, 2, 1)], pa.timestamp("ms", "UTC"))
    as_instant = put(raw, "b.parquet", pa.table({"at": instants}))
    assert rows_read(raw, (column,), as_text_file, as_instant) == [
        ("2026-03-01 00:00:00", None),
        (None, "at"),
        ("2026-03-02 01:00:00", None),
    ]


def test_columns_of_another_order_and_case_are_read_by_name(raw: Location) -> None:
    columns = (Column("load_id", "varchar"), Column('mi"les', "bigint"), Column("Größe", "double"))
    names = {"load_id": pa.array(["a"]), 'mi"les': pa.array([1]), "Größe": pa.array([1.5])}
    usual = put(raw, "a.parquet", pa.table(names))
    shouted = {"Größe": pa.array([2.5]), 'MI"LES': pa.array([2]), "LOAD_ID": pa.array(["b"])}
    moved = put(raw, "b.parquet", pa.table({"first": pa.array([0]), **shouted}))
    assert rows_read(raw, columns, usual, moved) == [
        ("a", "1", "1.5", None),
        ("b", "2", "2.5", None),
    ]


UNDECLARED = {
    "text": pa.array(["x"]),
    "list": pa.array([[1]]),
    "struct": pa.array([{"a": [{"b": 1}]}]),
    "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    "binary": pa.array([b"\xff"]),
    "interval": pa.array([timedelta(1)]),
    "decimal": pa.array([Decimal("1.5")], pa.decimal256(50, 2)),
    "null": pa.nulls(1),
}


def test_an_undeclared_column_of_any_type_and_of_changing_types_does_no_harm(raw: Location) -> None:
    files = [
        put(raw, f"{name}.parquet", pa.table({"load_id": ["a"], "note": array}))
        for name, array in UNDECLARED.items()
    ]
    files.append(put(raw, "none.parquet", pa.table({"load_id": ["a"]})))
    columns = (Column("load_id", "varchar"),)
    assert len({readings(table_of(raw, *columns), file) for file in files}) == 1
    for order in (files, files[::-1]):
        assert rows_read(raw, columns, *order) == [("a", None)] * len(files)


def test_files_of_every_type_side_by_side_keep_their_values(raw: Location) -> None:
    """Of one list DuckDB rounds 1.5 to 2, cuts off times of day, moves instants by a zone."""
    numbers = [pa.array([2**53], pa.int64()), pa.array([1.5]), pa.array([3], pa.int8())]
    instants = [
        pa.array([date(2026, 3, 1)]),
        pa.array([datetime(2026, 3, 1, 5)], pa.timestamp("us")),
        pa.array([datetime(2026, 3, 1, 5, tzinfo=UTC)], pa.timestamp("ms", "UTC")),
    ]
    prices = [
        pa.array([Decimal("1.5")], pa.decimal128(12, 1)),
        pa.array([Decimal("1.2345")], pa.decimal128(12, 4)),
        pa.array([2], pa.int16()),
    ]
    columns = (Column("n", "double"), Column("at", "timestamp"), Column("usd", "decimal(20, 4)"))
    files = [
        put(raw, f"{number}.parquet", pa.table({"n": n, "at": at, "usd": usd}))
        for number, (n, at, usd) in enumerate(zip(numbers, instants, prices, strict=True))
    ]
    expected = [
        ("9007199254740992.0", "2026-03-01 00:00:00", "1.5000", None),
        ("1.5", "2026-03-01 05:00:00", "1.2345", None),
        ("3.0", "2026-03-01 05:00:00", "2.0000", None),
    ]
    assert rows_read(raw, columns, *files) == expected
    assert rows_read(raw, columns, *files[::-1]) == expected[::-1]


def test_the_first_unreadable_column_is_named(raw: Location) -> None:
    columns = (
        Column("a", "bigint"),
        Column("b", "double"),
        Column("c", "date", None, False, "%Y-%m-%d"),
    )
    rows = pa.table(
        {
            "a": pa.array([1, 1, 2**63, None], pa.uint64()),
            "b": pa.array([2, 2**53 + 1, 2**53 + 1, None]),
            "c": ["2026-03-01", "x", "x", None],
        }
    )
    unreadable = [row[-1] for row in rows_read(raw, columns, put(raw, "a.parquet", rows))]
    assert unreadable == [None, "b", "a", None]


def test_files_that_others_write_are_read(raw: Location, tmp_path: Path) -> None:
    declared = {
        "name": "varchar",
        "kind": "varchar",
        "n": "bigint",
        "usd": "decimal(12,2)",
        "day": "date",
        "at": "timestamp",
        "seen_at": "timestamp",
        "ok": "boolean",
        "share": "double",
    }
    columns = tuple(Column(name, data_type) for name, data_type in declared.items())
    at = datetime(2026, 3, 1, 1, 2, 3, 4)
    frame = pl.DataFrame(
        {
            "name": ["a"],
            "kind": ["k"],
            "n": [7],
            "day": [date(2026, 3, 1)],
            "at": [at],
            "ok": [True],
        }
    ).with_columns(
        pl.col("kind").cast(pl.Categorical),
        pl.col("n").cast(pl.UInt16),
        pl.lit("1.25").cast(pl.Decimal(9, 2)).alias("usd"),
        pl.col("at").dt.replace_time_zone("Europe/Berlin").alias("seen_at"),
        pl.lit(0.5).cast(pl.Float32).alias("share"),
    )
    frame.write_parquet(tmp_path / "polars.parquet")
    frame.to_pandas().to_parquet(tmp_path / "pandas.parquet")
    duckdb.sql(
        "select 'a' as name, 'k'::enum('k') as kind, 7::usmallint as n, 1.25::decimal(9,2) as usd, "
        "date '2026-03-01' as day, timestamp '2026-03-01 01:02:03.000004' as at, "
        "timestamptz '2026-03-01 00:02:03.000004+00' as seen_at, true as ok, 0.5::float as share"
    ).write_parquet(str(tmp_path / "duckdb.parquet"))
    files = [
        described(raw, path.name, path.read_bytes()) for path in sorted(tmp_path.glob("*.parquet"))
    ]
    row = (
        "a",
        "k",
        "7",
        "1.25",
        "2026-03-01",
        str(at),
        str(at.replace(hour=0)),
        "true",
        "0.5",
        None,
    )
    assert len(files) == 3
    assert rows_read(raw, columns, *files) == [row] * 3


@pytest.mark.parametrize(
    "name", ["a[1].parquet", "b*.parquet", "c d+e.parquet", "it's=1.parquet", "p%20q#r.parquet"]
)
def test_a_file_is_read_by_its_name_and_no_other(raw: Location, name: str) -> None:
    for decoy in ("a1.parquet", "bb.parquet", "c d e.parquet", "p q.parquet", "p q#r.parquet"):
        put(raw, decoy, pa.table({"load_id": ["decoy"]}))
    file = put(raw, name, pa.table({"load_id": ["a"]}))
    assert rows_read(raw, (Column("load_id", "varchar"),), file) == [("a", None)]


def test_a_file_may_lack_a_column_before_it_was_added_or_where_it_is_optional(
    raw: Location,
) -> None:
    rows = pa.table({"load_id": ["a"]})
    file = put(raw, "a.parquet", rows)  # of March 1
    load_id = Column("load_id", "varchar")
    for column in (
        Column("channel", "varchar", is_optional=True),
        Column("channel", "decimal(12, 2)", added_on=date(2026, 3, 2)),
    ):
        assert rows_read(raw, (load_id, column), file) == [("a", None, None)]
    refused(raw, Column("channel", "varchar", added_on=date(2026, 3, 1)), rows, "is missing in")
    present = put(raw, "b.parquet", pa.table({"load_id": ["b"], "channel": ["web"]}))
    optional = Column("channel", "varchar", added_on=date(2026, 4, 1))
    assert rows_read(raw, (load_id, optional), present) == [("b", "web", None)]


def test_a_column_is_added_at_midnight_of_the_layouts_time_zone(raw: Location) -> None:
    column = Column("channel", "varchar", added_on=date(2026, 3, 2))
    body = pa.BufferOutputStream()
    pq.write_table(pa.table({"load_id": ["a"]}), body)
    midnight = datetime(2026, 3, 1, 23)  # UTC, of March 2 in Berlin
    berlin = table_of(raw, column, time_zone="Europe/Berlin")
    content = body.getvalue().to_pybytes()
    readings(berlin, described(raw, "a.parquet", content, midnight - timedelta(hours=1)))
    with pytest.raises(LandingError, match="is missing in"):
        readings(berlin, described(raw, "a.parquet", content, midnight))


LIST = pa.list_(pa.int64())
NOT_READ = [
    ("varchar", pa.array([1]), "int64", "land it in the declared type"),
    ("varchar", pa.array([b"a"]), "binary", "no build reads this type"),
    ("varchar", pa.array([b"a"], pa.binary_view()), "binary_view", "no build reads this type"),
    ("varchar", pa.array([b"a"], pa.large_binary()), "large_binary", "no build reads this type"),
    ("varchar", pa.array([b"a"], pa.binary(1)), "fixed_size_binary[1]", "no build reads"),
    ("varchar", pa.array([[1]], LIST), "list<element: int64>", "what is not declared is not read"),
    ("varchar", pa.array([{"a": 1}]), "struct<a: int64>", "no build reads this type"),
    ("varchar", pa.array([True]), "bool", "land it in the declared type"),
    ("varchar", pa.array([date(2026, 3, 1)]), "date32[day]", "land it in the declared type"),
    ("bigint", pa.array(["1"]), "string", "declare `varchar`, and convert it in the base model"),
    ("bigint", pa.array([1.0]), "double", "declare `double`"),
    ("bigint", pa.array([Decimal("1")], pa.decimal128(9, 0)), "decimal128(9, 0)", "declare `dec"),
    ("bigint", pa.array([timedelta(1)]), "duration[us]", "no build reads this type"),
    ("integer", pa.array([1]), "int64", "declare `bigint`"),
    ("smallint", pa.array([1], pa.uint16()), "uint16", "declare `bigint`"),
    ("double", pa.array(["1"]), "string", "declare `varchar`"),
    ("double", pa.array([True]), "bool", "land it in the declared type"),
    ("double", pa.array([Decimal("1")], pa.decimal128(16, 2)), "decimal128(16, 2)", "`double` if"),
    ("real", pa.array([1.0]), "double", "declare `double`"),
    ("decimal(12,2)", pa.array([1.5]), "double", "declare `double`"),
    ("decimal(12,2)", pa.array([Decimal("1")], pa.decimal128(12, 3)), "12, 3)", "(13, 3)`, which"),
    ("decimal(12,2)", pa.array([Decimal("1")], pa.decimal128(13, 2)), "13, 2)", "(13, 2)`, which"),
    ("decimal(12,2)", pa.array([Decimal("1")], pa.decimal256(39, 2)), "39, 2)", "no build reads"),
    ("decimal(12,2)", pa.array([1]), "int64", "declare `decimal(21, 2)`, which holds both"),
    ("decimal(12,2)", pa.array(["1"]), "string", "declare `varchar`"),
    ("boolean", pa.array([1]), "int64", "land it in the declared type"),
    ("boolean", pa.array(["true"]), "string", "declare `varchar`"),
    ("date", pa.array([MARCH], pa.timestamp("us", "UTC")), "timestamp[us, tz=UTC]", "`timestamp`"),
    ("bigint", pa.array([MARCH]), "timestamp[us]", "declare `timestamp`, and convert it"),
    ("date", pa.array(["2026-03-01"]), "string", "`format: '%d.%m.%Y %H:%M'`"),
    ("timestamp", pa.array(["2026-03-01"]), "string", "`format: '%d.%m.%Y %H:%M'`"),
    ("timestamp", pa.array([1]), "int64", "land it in the declared type"),
    ("timestamp", pa.array([1], pa.time64("us")), "time64[us]", "no build reads this type"),
]


@pytest.mark.parametrize(("declared", "array", "actual", "hint"), NOT_READ)
def test_what_cannot_be_read_exactly_is_refused_with_both_types(
    raw: Location, declared: str, array: pa.Array, actual: str, hint: str
) -> None:
    column = Column("value", declared)
    refused(raw, column, pa.table({"value": array}), actual, f"declared {declared}\nhint: ", hint)


def test_a_column_that_a_file_has_twice_is_refused_where_it_is_declared(raw: Location) -> None:
    one, two = pa.array([1]), pa.array([2])
    twice = pa.table([one, two], names=["Miles", "miles"])
    refused(raw, Column("miles", "bigint"), twice, "is both `Miles` and `miles`", "hint: write one")
    twice = pa.table([one, two], names=["miles", "miles"])
    refused(raw, Column("miles", "bigint"), twice, "is two columns of one name in")
    file = put(raw, "a.parquet", pa.table([one, two, two], names=["load_id", "x", "X"]))
    assert rows_read(raw, (Column("load_id", "bigint"),), file) == [("1", None)]


SYNONYMS = {
    "VARCHAR": ("text", "string", "varchar(20)", "char"),
    "BIGINT": ("int8", "long", "BigInt"),
    "INTEGER": ("int", "int4"),
    "SMALLINT": ("int2",),
    "TINYINT": ("int1",),
    "DOUBLE": ("float8", "double precision"),
    "FLOAT": ("real", "float4"),
    "BOOLEAN": ("Bool",),
    "DECIMAL(10,2)": ("numeric(10,2)", "dec( 10 , 2 )", "decimal(10, 2)"),
    "DECIMAL(5,0)": ("decimal(5)",),
    "DATE": (" date ",),
    "TIMESTAMP": ("datetime", "timestamp without time zone"),
}
NOT_DECLARABLE = [
    *("decimal", "NUMERIC", "decimal(39,0)", "decimal(2,3)", "timestamptz", "timestamp_ns", "time"),
    *(
        "hugeint",
        "uinteger",
        "blob",
        "json",
        "uuid",
        "int[]",
        "struct(a int)",
        "",
        "number",
        "None",
    ),
    "int); drop table x",
]


def test_declared_types_are_duckdbs_names_and_their_synonyms() -> None:
    for name, synonyms in SYNONYMS.items():
        for synonym in (name, *synonyms):
            assert duckdb_type(synonym) == name
            assert arrow_type(synonym) is not None


@pytest.mark.parametrize("declared", NOT_DECLARABLE)
def test_a_type_that_no_raw_column_has_is_refused(declared: str) -> None:
    assert arrow_type(declared) is None
    with pytest.raises(LandingError) as error:
        check_declared("lake.loads", Column("value", declared))
    assert f"column `value` of raw table `lake.loads` is declared `{declared}`" in str(error.value)


def test_an_instant_with_a_zone_is_declared_a_timestamp() -> None:
    with pytest.raises(LandingError, match="hint: declare `timestamp`: files may have instants"):
        check_declared("lake.loads", Column("at", "timestamptz"))


@pytest.mark.parametrize(
    ("declared", "text_format", "fault"),
    [
        ("bigint", "%Y", "a column declared `bigint` has none: declare `date` or `timestamp`"),
        ("date", "%Q", "DuckDB's `strptime` does not take it"),
        ("date", "", "DuckDB's `strptime` does not take it"),
        ("timestamp", "%H:%M", "it has no year: add `%Y`"),
        ("timestamp", "%%Y %m", "it has no year: add `%Y`"),
    ],
)
def test_a_format_that_reads_no_instant_is_refused(
    declared: str, text_format: str, fault: str
) -> None:
    with pytest.raises(LandingError) as error:
        check_declared("lake.loads", Column("at", declared, text_format=text_format))
    assert f"`at` of raw table `lake.loads` has `format: {text_format}`" in str(error.value)
    assert fault in str(error.value)


def test_formats_with_a_year_are_fine() -> None:
    for text_format in ("%d.%m.%y", "%-d/%-m/%Y", "%x", "%c", "%G-W%V-%u", "100%% %Y", "%Y%m%d"):
        check_declared("lake.loads", Column("at", "timestamp", text_format=text_format))


def test_a_way_of_reading_that_the_macro_does_not_know_is_refused() -> None:
    reading = asdict(Reading("miles", "BIGINT", "cast", "miles", "INTEGER"))
    assert macros().read_column(reading) == 'cast("miles" as BIGINT)'
    with pytest.raises(CompilationError, match="was given `how: guess`"):
        macros().read_column({**reading, "how": "guess"})
    assert macros().default__read_column(reading) == "cast(`miles` as BIGINT)"
    with pytest.raises(CompilationError, match="Column `miles` is INTEGER in its files, declared"):
        macros().default__read_column({**reading, "how": "exact"})


def test_tables_closed_by_markers_are_checked_by_what_can_be_read(raw: Location) -> None:
    day = MARCH.date()
    rows = pa.table({"miles": pa.array([1.5]), "stops": pa.array([2]), "landing_date": [day]})
    entry = landing.land(raw, "loads", rows, first=day, last=day)[day]
    landing.close(raw, {"loads": {day: entry}}, first=day, last=day, written_by="test")
    read = (
        Column("MILES", "double"),
        Column("stops", "double"),
        Column("mode", "text", None, True),
    )
    checked = closed_tables.check([table_of(raw, *read)], None, writes=False)
    (file,) = checked["source.lake.loads"].files
    assert rows_read(raw, read, file) == [("1.5", "2.0", None, None)]
    refused_table = table_of(raw, *read, Column("paid_usd", "decimal(12,2)"))
    with pytest.raises(LandingError, match="column `paid_usd` of raw table `lake"):
        closed_tables.check([refused_table], None, writes=False)
    refused_table = table_of(raw, Column("miles", "bigint"))
    with pytest.raises(LandingError, match="declared bigint"):
        closed_tables.check([refused_table], None, writes=False)


def test_a_year_of_hourly_files_of_ten_tables_is_judged_in_seconds(raw: Location) -> None:
    """Files have few kinds of columns; 87,600 judged one by one would take much longer."""
    names = {f"column_{number}": "int32" for number in range(20)}
    table = table_of(raw, *(Column(name, "bigint", added_on=MARCH.date()) for name in names))
    started_at = perf_counter()
    for hour in range(87_600):
        starts_at = MARCH + timedelta(hours=hour % 8_760)
        readings(table, RawFile(f"s3://lake/{hour}", starts_at, starts_at, dict(names), 1))
    assert perf_counter() - started_at < 5
