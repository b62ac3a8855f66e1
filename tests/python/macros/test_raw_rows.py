"""The rows that `raw_rows` gives of files: which, when each was known, and in which types."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from macro import Macros
from milepost.building.raw_rows import raw_rows
from milepost.raw.tables import ClosedTable, Column, RawFile, RawTable, Rewrite
from milepost.storage.location import Location

DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 1)
SEEN = datetime(2026, 1, 5, 8)
COLUMNS = {"bed_id": "varchar", "moisture": "double", "landed_at": "timestamp"}
TABLE = RawTable(
    id="source.green.sensors.readings",
    name="sensors.readings",
    identifier="readings",
    raw=Location.parse("s3://raw/green"),
    columns={name: Column(name, data_type) for name, data_type in COLUMNS.items()},
)


def rows(*values: tuple[str | None, float | None, datetime]) -> pa.Table:
    types = [pa.string(), pa.float64(), pa.timestamp("us")]
    columns = zip(*values, strict=True) if values else ([], [], [])
    return pa.table(
        [pa.array(list(column), kind) for column, kind in zip(columns, types, strict=True)],
        names=list(COLUMNS),
    )


class Lake:
    """A folder of Parquet files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(
        self, name: str, table: pa.Table, known_from: datetime | None = None, day: int = 0
    ) -> RawFile:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
        starts_at = FIRST + day * DAY
        types = {field.name: str(field.type) for field in table.schema}
        return RawFile(str(path), starts_at, starts_at + DAY, types, table.num_rows, known_from)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def read(
    *files: RawFile,
    rewrites: tuple[Rewrite, ...] = (),
    since: datetime | None = None,
    table: RawTable = TABLE,
) -> duckdb.DuckDBPyRelation:
    closed = ClosedTable(FIRST, FIRST + 10 * DAY, 0, files, rewrites)
    macros = Macros("landing", execute=True)
    sql = macros.rows_of_files(raw_rows(table, closed, since))
    return duckdb.sql(f"select * from {sql}")


def known(relation: duckdb.DuckDBPyRelation) -> list[tuple[Any, ...]]:
    columns = "bed_id, moisture, landed_at, milepost__known_at, milepost__is_removed"
    return relation.project(columns).order("all").fetchall()


def test_a_row_has_the_declared_columns_alone_in_their_types_and_the_span_of_its_file(
    lake: Lake,
) -> None:
    landed = rows(("a", 0.5, FIRST)).append_column("extra", pa.array([1]))
    relation = read(lake.file("a.parquet", landed))
    assert relation.columns == [
        *COLUMNS,
        "milepost__known_at",
        "milepost__starts_at",
        "milepost__closes_at",
        "milepost__is_known_at_estimated",
        "milepost__is_removed",
        "milepost__unreadable",
    ]
    span = (FIRST, FIRST, FIRST + DAY)
    assert relation.fetchall() == [("a", 0.5, FIRST, *span, False, False, None)]


def test_the_types_of_all_columns_that_are_not_declared_are_told(lake: Lake) -> None:
    landed = rows(("a", 0.5, FIRST))
    files = (
        lake.file("a.parquet", landed.append_column("extra", pa.array([1]))),
        lake.file("b.parquet", landed.append_column("extra", pa.array([b"x"], pa.binary(1)))),
        lake.file("c.parquet", landed.append_column("more", pa.array([1], pa.time32("s")))),
    )
    (part,) = raw_rows(TABLE, ClosedTable(FIRST, FIRST + DAY, 0, files), None)["parts"]
    assert part["other_types"] == ["fixed_size_binary[1]", "int64", "time32[s]"]


def test_files_with_their_columns_in_another_order_have_the_same_rows(lake: Lake) -> None:
    landed = rows(("a", 0.5, FIRST), ("b", 0.25, FIRST))
    in_order = lake.file("a.parquet", landed.slice(0, 1))
    reversed_ = lake.file("b.parquet", landed.slice(1).select([*COLUMNS][::-1]))
    expected = [("a", 0.5, FIRST, FIRST, False), ("b", 0.25, FIRST, FIRST, False)]
    assert known(read(in_order, reversed_)) == expected
    assert known(read(reversed_, in_order)) == expected


def test_no_value_comes_from_a_path(lake: Lake) -> None:
    file = lake.file("bed_id=z/moisture=9/a.parquet", rows(("a", 0.5, FIRST)))
    assert known(read(file)) == [("a", 0.5, FIRST, FIRST, False)]


@pytest.mark.parametrize("name", ["o'clock", "a b", "50%", "%20", "a+b", "[a]", "a*", "a?", "é"])
def test_a_file_of_any_name_is_read_and_no_other(lake: Lake, name: str) -> None:
    file = lake.file(f"{name}/{name}.parquet", rows(("a", 0.5, FIRST)))
    lake.file("aX/aX.parquet", rows(("x", 0.5, FIRST)))
    lake.file("a/a.parquet", rows(("x", 0.5, FIRST)))
    assert known(read(file)) == [("a", 0.5, FIRST, FIRST, False)]


def test_a_table_without_a_file_has_its_columns(lake: Lake) -> None:
    relation = read()
    assert relation.fetchall() == []
    full = read(lake.file("a.parquet", rows(("a", 0.5, FIRST))))
    assert (relation.columns, relation.types) == (full.columns, full.types)


def test_a_slice_has_the_files_with_rows_that_may_be_known_in_it(lake: Lake) -> None:
    files = [lake.file(f"{n}.parquet", rows((str(n), 0, FIRST + n * DAY)), day=n) for n in range(3)]
    late = lake.file("late.parquet", rows(("late", 0, FIRST)), known_from=SEEN)
    beds = [row[0] for row in known(read(*files, late, since=FIRST + DAY))]
    assert beds == ["1", "2", "late"]


def test_a_row_of_a_late_file_is_known_when_the_file_was_seen(lake: Lake) -> None:
    later = SEEN + DAY
    file = lake.file("a.parquet", rows(("a", 0, FIRST), ("b", 0, later)), known_from=SEEN)
    assert known(read(file)) == [("a", 0, FIRST, SEEN, False), ("b", 0, later, later, False)]


@pytest.mark.parametrize(
    ("known_by", "known_at", "is_estimated"),
    [
        ("partition", SEEN, True),
        ("first_seen", SEEN, True),
        ("model", None, True),
        ("commit", SEEN, False),
    ],
)
def test_where_no_column_and_no_commit_says_when_a_row_was_known_it_is_estimated(
    lake: Lake, known_by: Any, known_at: datetime | None, is_estimated: bool
) -> None:
    table = RawTable(**{**vars(TABLE), "known_by": known_by})
    file = lake.file("a.parquet", rows(("a", 0.5, FIRST)), known_from=SEEN)
    relation = read(file, table=table)
    columns = "milepost__known_at, milepost__is_known_at_estimated"
    assert relation.project(columns).fetchall() == [(known_at, is_estimated)]


def test_a_rewritten_partition_adds_what_is_new_and_removes_what_is_gone(lake: Lake) -> None:
    stamped = FIRST + timedelta(hours=9)
    before = lake.file(
        "before.parquet",
        rows(("same", 1, FIRST), ("changed", 1, FIRST), ("gone", None, FIRST), (None, 1, FIRST)),
    )
    after = lake.file(
        "after.parquet",
        # stamped anew, and delivered twice
        rows(("same", 1, stamped), ("same", 1, stamped), ("changed", 2, stamped), (None, 1, FIRST)),
    )
    relation = read(before, rewrites=(Rewrite((before,), (after,), SEEN),))
    assert known(relation) == [
        ("changed", 1, FIRST, FIRST, False),
        ("changed", 1, FIRST, SEEN, True),
        ("changed", 2, stamped, SEEN, False),
        ("gone", None, FIRST, FIRST, False),
        ("gone", None, FIRST, SEEN, True),
        ("same", 1, FIRST, FIRST, False),
        (None, 1, FIRST, FIRST, False),
    ]
    spans = "milepost__starts_at, milepost__closes_at"
    rewritten = relation.filter("milepost__known_at > timestamp '2026-01-02'").project(spans)
    assert set(rewritten.fetchall()) == {(SEEN, SEEN + timedelta(microseconds=1))}


def test_all_rows_of_a_partition_may_be_removed_or_added(lake: Lake) -> None:
    file = lake.file("a.parquet", rows(("a", 1, FIRST)))
    removed = read(rewrites=(Rewrite((file,), (), SEEN),))
    assert known(removed) == [("a", 1, FIRST, SEEN, True)]
    assert known(read(rewrites=(Rewrite((), (file,), SEEN),))) == [("a", 1, FIRST, SEEN, False)]


def test_a_rewrite_that_is_older_than_a_slice_is_not_read(lake: Lake) -> None:
    file = lake.file("a.parquet", rows(("a", 1, FIRST)))
    rewrites = (Rewrite((file,), (), SEEN),)
    assert known(read(rewrites=rewrites, since=SEEN + DAY)) == []
    assert len(known(read(rewrites=rewrites, since=SEEN))) == 1
