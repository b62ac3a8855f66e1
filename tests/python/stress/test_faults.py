"""Each kind of fault does to raw rows what it says, to the same rows each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from milepost.raw.copies import CopiedTable
from milepost.raw.tables import Column as Declared
from milepost.raw.tables import RawFile, RawTable
from milepost.storage.location import Location
from milepost.stress import faults, raw_parts
from milepost.stress.faults import Fault
from milepost.stress.kinds import OF_COLUMNS, OF_TABLES
from milepost.stress.raw_parts import Part

FIRST, DAYS, PER_DAY = date(2026, 1, 1), 20, 10
ROWS = DAYS * PER_DAY
FEW = ROWS // 20  # 5 of 100
KINDS = {kind.name: kind for kind in (*OF_COLUMNS, *OF_TABLES)}
FORMAT = "%d/%m/%Y %H:%M"
READ = "hive_partitioning = false, filename = 'milepost__file'"
TYPES = {
    "load_id": "varchar",
    "equipment": "varchar",
    "miles": "double",
    "stops": "bigint",
    "picked_up": "varchar",
    "is_spot": "boolean",
    "happened_at": "timestamp",
    "landed_at": "timestamp",
}
Rows = dict[str, dict[str, Any]]


def start(day: int) -> datetime:
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Part, CopiedTable]:
    """Twenty days of ten rows each, one a file a day; the rows of a day land at 10:00 to 19:00."""
    folder = tmp_path_factory.mktemp("log")
    files = []
    with duckdb.connect() as con:
        for day in range(DAYS):
            uri = str(folder / f"{day}.parquet")
            con.execute(
                f"""copy (
                    select
                        'load ' || ({day} * {PER_DAY} + n) as load_id,
                        case when n < 7 then 'van' else 'reefer' end as equipment,
                        cast(100 + n as double) as miles,
                        n + 1 as stops,
                        strftime(timestamp '{start(day)}' + to_hours(n), '{FORMAT}') as picked_up,
                        n % 2 = 0 as is_spot,
                        timestamp '{start(day)}' + to_hours(n) as happened_at,
                        timestamp '{start(day)}' + to_hours(10 + n) as landed_at
                    from range({PER_DAY}) as numbers (n)
                ) to '{uri}'"""
            )
            files.append(RawFile(uri, start(day), start(day + 1), {}, PER_DAY))
    formats = {"picked_up": FORMAT}
    columns = {
        name: Declared(
            name, "timestamp" if name in formats else kind, None, False, formats.get(name)
        )
        for name, kind in TYPES.items()
    }
    table = RawTable(
        "source.loads", "freight.loads", "loads", Location("milepost-raw", ""), columns
    )
    copied = CopiedTable(start(0), start(DAYS), tuple(files))
    uris = ", ".join(f"'{file.uri}'" for file in files)
    sql = f"select * from read_parquet([{uris}], {READ})"
    (part,) = raw_parts.load(
        folder / "raw.duckdb", [sql], {table.id: table}, {table.id: copied}, {table.id: set()}
    )
    return folder / "raw.duckdb", part, copied


@pytest.fixture
def con(log: tuple[Path, Part, CopiedTable]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(f"attach '{log[0]}' as raw (read_only)")
        yield con


class Faulty:
    """The rows before and after a fault, by the load that each was of before."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        log: tuple[Path, Part, CopiedTable],
        kind: str,
        column: str,
    ) -> None:
        _, part, copied = log
        sql = faults.rows(part, copied, Fault(part.table_id, column, KINDS[kind]))
        names = [*TYPES, "milepost__file"]
        self.before = con.execute(f"select {', '.join(names)} from {part.relation}").fetchall()
        self.after = con.execute(f"select {', '.join(names)} from ({sql})").fetchall()
        self._names = names

    def values(self, column: str) -> tuple[list[Any], list[Any]]:
        place = self._names.index(column)
        key = self._names.index("happened_at") if column != "happened_at" else 0

        def column_of(rows: list[tuple[Any, ...]]) -> list[Any]:
            return [row[place] for row in sorted(rows, key=lambda row: str(row[key]))]

        return column_of(self.before), column_of(self.after)

    def differing(self, column: str) -> list[tuple[Any, Any]]:
        return [pair for pair in zip(*self.values(column), strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize(
    ("kind", "column", "expected"),
    [
        ("nulls", "miles", lambda _: None),
        ("nulls", "is_spot", lambda _: None),
        ("zero", "miles", lambda _: 0),
        ("sign", "stops", lambda value: -value),
        ("outliers_x10", "miles", lambda value: value * 10),
        ("outliers_x1000", "stops", lambda value: value * 1000),
        ("encoding", "load_id", lambda value: "\ufeff" + value),
        ("clock_behind", "happened_at", lambda value: value - timedelta(hours=2)),
        ("clock_ahead", "landed_at", lambda value: value + timedelta(hours=2)),
    ],
)
def test_a_share_of_the_rows_has_the_faulty_value(
    con: Any, log: Any, kind: str, column: str, expected: Any
) -> None:
    differing = Faulty(con, log, kind, column).differing(column)
    assert len(differing) == FEW
    assert all(after == expected(before) for before, after in differing)


def test_an_instant_in_text_has_its_clock_moved_in_its_format(con: Any, log: Any) -> None:
    differing = Faulty(con, log, "clock_ahead", "picked_up").differing("picked_up")
    assert len(differing) == FEW
    for before, after in differing:
        hour, later = (int(text.split()[1].split(":")[0]) for text in (before, after))
        assert later == hour + 2


def test_a_unit_and_a_category_change_from_the_middle_of_the_log_on(con: Any, log: Any) -> None:
    differing = Faulty(con, log, "unit_change", "miles").differing("miles")
    assert len(differing) == ROWS // 2
    assert {round(after / before, 6) for before, after in differing} == {1.609344}
    differing = Faulty(con, log, "renamed_category", "equipment").differing("equipment")
    assert differing == [("van", "van_renamed")] * (7 * DAYS // 2)


def test_a_reused_key_is_that_of_another_row_and_an_unseen_one_of_none(con: Any, log: Any) -> None:
    reused = Faulty(con, log, "id_reused", "load_id")
    assert len(reused.differing("load_id")) == FEW
    assert {row[0] for row in reused.after} < {row[0] for row in reused.before}
    unseen = Faulty(con, log, "key_unseen", "load_id")
    assert len(unseen.differing("load_id")) == FEW
    assert len({row[0] for row in unseen.after} - {row[0] for row in unseen.before}) == FEW


def test_duplicates_are_the_same_rows_again(con: Any, log: Any) -> None:
    faulty = Faulty(con, log, "duplicates", "")
    assert len(faulty.after) == ROWS + FEW
    assert set(faulty.after) == set(faulty.before)


@pytest.mark.parametrize(
    ("kind", "delay"), [("late_by_hours", timedelta(hours=6)), ("late_by_days", timedelta(days=3))]
)
def test_a_late_row_stands_in_the_file_of_when_it_lands(
    con: Any, log: Any, kind: str, delay: timedelta
) -> None:
    faulty = Faulty(con, log, kind, "")
    before = {row[0]: row for row in faulty.before}
    late = [row for row in faulty.after if row != before[row[0]]]
    files = {file.uri: file for file in log[2].files}
    for row in late:
        landed_at, file = row[-2], files[row[-1]]
        assert landed_at == before[row[0]][-2] + delay
        assert file.starts_at <= landed_at < file.closes_at
    # what would land after the log has ended is not there
    assert len(late) + len(before) - len(faulty.after) == FEW
    assert late


def test_the_order_of_rows_changes_and_nothing_else(con: Any, log: Any) -> None:
    faulty = Faulty(con, log, "out_of_order", "")
    assert faulty.after != faulty.before
    assert sorted(faulty.after, key=str) == sorted(faulty.before, key=str)


def test_the_rows_of_an_hour_are_missing(con: Any, log: Any) -> None:
    faulty = Faulty(con, log, "hour_missing", "")
    (gone,) = set(faulty.before) - set(faulty.after)
    assert gone[-2] == start(0) + timedelta(hours=10)  # of hours with as many rows the first


def test_a_day_lands_again_on_the_next(con: Any, log: Any) -> None:
    faulty = Faulty(con, log, "day_doubled", "")
    again = set(faulty.after) - set(faulty.before)
    assert len(faulty.after) == ROWS + PER_DAY
    assert {row[-2].date() for row in again} == {FIRST + timedelta(days=DAYS - 2)}
    assert {row[-1] for row in again} == {log[2].files[DAYS - 2].uri}


def test_a_frozen_source_has_no_row_of_the_last_days(con: Any, log: Any) -> None:
    faulty = Faulty(con, log, "source_frozen", "")
    assert max(row[-2] for row in faulty.after).date() == FIRST + timedelta(days=DAYS - 8)
    assert len(faulty.after) == ROWS - 7 * PER_DAY


def test_each_kind_is_given_to_what_can_have_it(log: Any) -> None:
    by_column: dict[str, set[str]] = {}
    for fault in faults.of_parts([log[1]]):
        by_column.setdefault(fault.column, set()).add(fault.kind.name)
    of_number = {"nulls", "zero", "sign", "outliers_x10", "outliers_x1000"}
    assert by_column == {
        "load_id": {"nulls", "encoding", "id_reused", "key_unseen"},
        "equipment": {"nulls", "encoding", "renamed_category"},
        "miles": {*of_number, "unit_change"},
        "stops": of_number,
        "picked_up": {"nulls", "clock_behind", "clock_ahead"},
        "is_spot": {"nulls"},
        "happened_at": {"nulls", "clock_behind", "clock_ahead"},
        "landed_at": {"nulls", "clock_behind", "clock_ahead"},
        "": {kind.name for kind in OF_TABLES},
    }


@pytest.mark.parametrize("fault", [*KINDS])
def test_the_same_rows_have_the_fault_each_time(con: Any, log: Any, fault: str) -> None:
    columns = [item.column for item in faults.of_parts([log[1]]) if item.kind.name == fault]
    for column in columns:
        first, second = (Faulty(con, log, fault, column).after for _ in range(2))
        assert sorted(first, key=str) == sorted(second, key=str)


def test_the_page_says_what_each_kind_means() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/stress.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    documented = {row[0].strip("`"): row[2] for row in rows if len(row) == 3}
    assert documented == {name: kind.meaning for name, kind in KINDS.items()}
