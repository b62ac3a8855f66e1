"""What happens inside the SQL of `trailing_features`, and the page that follows eight facts."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

import macro

PAGE = Path(__file__).parents[3] / "docs/concepts/windows-inside.md"
BATCH = (datetime(2026, 1, 1), datetime(2026, 1, 3))
EVERY_KIND = [
    {"name": "a", "stddev": "loads.x", "over": ["3d", "7d"], "set_back": "7d"},
    {"name": "b", "distinct": "loads.x", "over": "3d"},
    {"name": "c", "newest": "loads.x", "newest_within": "3d", "id": "i"},
    {"name": "d", "total": "loads.i", "last": 3, "within": "3d", "id": "i"},
    {"name": "e", "mean": "bids.x", "open_within": "3d"},
    {"name": "g", "p50": "bids.x", "over": "3d"},
]


def select_from(cte: str, sql: str) -> str:
    """Return the SQL with its last select replaced by one from a CTE."""
    head, _, _ = sql.rpartition("\n\n    select\n")
    return f"{head}\n\nselect * from {cte}"


def ctes(sql: str) -> list[str]:
    return re.findall(r"^    (milepost__\w+) as \(", sql, re.MULTILINE)


@pytest.mark.parametrize("batch", [None, BATCH])
@pytest.mark.parametrize("grid", ["day", "hour"])
def test_instants_end_in_at_and_numbers_of_steps_in_step(
    grid: str, batch: tuple[datetime, datetime] | None
) -> None:
    with duckdb.connect() as con:
        for facts in ("loads", "bids"):
            con.execute(
                f"create table {facts} (k text, i bigint, x double, event_at timestamp, "
                "known_at timestamp, superseded_at timestamp, opens_at timestamp, "
                "closes_at timestamp)"
            )
        sql = macro.trailing_features(["k"], EVERY_KIND, grid, batch)
        types: dict[str, set[str]] = {}
        for cte in ctes(sql)[1:]:
            for column, column_type, *_ in con.sql(f"describe {select_from(cte, sql)}").fetchall():
                types.setdefault(column, set()).add(column_type)
        for column, column_type, *_ in con.sql(f"describe {sql}").fetchall():
            types.setdefault(column, set()).add(column_type)
    assert {column for column in types if column.startswith("milepost__")}
    for column, column_types in types.items():
        assert column.endswith("_at") == (column_types == {"TIMESTAMP"}), (column, column_types)
        # A count is a BIGINT, a value a DECIMAL or a DOUBLE.
        assert column.endswith("_step") == (column_types == {"INTEGER"}), (column, column_types)


def streams(node: dict[str, Any], made_for: str = "the result") -> list[str]:
    """What the streaming windows of a plan of DuckDB are made for: a CTE, or the result."""
    found = [made_for] * (node["name"].strip() == "STREAMING_WINDOW")
    for number, child in enumerate(node["children"]):
        is_made_here = node["name"].strip() == "CTE" and number == 0
        inner = node["extra_info"]["CTE Name"] if is_made_here else made_for
        found += streams(child, inner)
    return found


@pytest.mark.parametrize("grid", ["day", "hour"])
def test_duckdb_makes_a_table_of_the_streams(grid: str) -> None:
    """A result that is fetched bit by bit could hang, were they a part of it."""
    features = [
        {"name": "a", "stddev": "loads.x", "over": ["3d", "7d"], "set_back": "7d"},
        {"name": "b", "count": "bids", "over": "3d"},
    ]
    with duckdb.connect() as con:
        for facts in ("loads", "bids"):
            con.execute(
                f"create table {facts} as select 'a' as k, i * 1.5 as x, "
                "timestamp '2026-01-01' + interval 5 hour * i as known_at, "
                "cast(null as timestamp) as superseded_at from range(1000) as numbers (i)"
            )
        for declared_features in (features, features[1:]):
            sql = macro.trailing_features(["k"], declared_features, grid, None)
            row = con.execute(f"explain (format json) {sql}").fetchone()
            assert row
            # Two streams, each summed up and then given by the row after.
            assert streams(json.loads(row[1])[0]) == ["milepost__totals"] * 4


# The facts of the page, and a batch of two of its days.
FACTS = [
    ("van", "2026-03-02 09:00", None),
    ("van", "2026-03-02 15:00", None),
    ("van", "2026-03-03 08:00", None),
    ("van", "2026-03-03 10:00", "2026-03-04 12:00"),
    ("van", "2026-03-06 00:00", None),
    ("van", "2026-03-06 20:00", None),
    ("reefer", "2026-03-03 11:00", None),
    ("reefer", "2026-03-04 16:00", "2026-03-04 18:00"),
]
PAGE_BATCH = (datetime(2026, 3, 5), datetime(2026, 3, 7))
# Where a table stands: its query in a comment, and the lines below that begin with a bar.
TABLE = re.compile(r"(<!-- (batch: )?(.*?) -->\n)(\n\|[^\n]*(?:\n\|[^\n]*)*\n)?")


def declared(batch: tuple[datetime, datetime] | None = None) -> str:
    feature = {"name": "tender_count", "count": "tenders", "over": "2d"}
    return macro.trailing_features(["equipment_type"], [feature], "day", batch)


def table(con: duckdb.DuckDBPyConnection, query: str, sql: str) -> str:
    """Return what a query gives that may select from the CTEs of the SQL, as Markdown."""
    if query == "windows":
        query = f"select * from ({sql}) as windows order by equipment_type desc, available_at"
    elif "from milepost__" in query:
        head, _, _ = sql.rpartition("\n\n    select\n")
        query = f"{head}\n\n{query}"
    result = con.execute(query)
    header = [column[0] for column in result.description]
    rows = [["" if value is None else str(value) for value in row] for row in result.fetchall()]
    lines = [header, ["---"] * len(header), *rows]
    return "\n" + "".join("| " + " | ".join(line) + " |\n" for line in lines)


def rendered(text: str) -> str:
    """Return the page with its tables as the SQL gives them."""
    with duckdb.connect() as con:
        con.execute(
            "create table tenders "
            "(equipment_type text, known_at timestamp, superseded_at timestamp)"
        )
        con.executemany("insert into tenders values (?, ?, ?)", FACTS)
        return TABLE.sub(
            lambda found: (
                found[1] + table(con, found[3], declared(PAGE_BATCH if found[2] else None))
            ),
            text,
        )


def test_the_tables_of_the_page_are_what_the_sql_gives() -> None:
    """Write them anew with `python tests/python/macros/test_windows_inside.py`."""
    page = PAGE.read_text()
    assert page == rendered(page)


def test_the_sql_of_the_page_is_what_the_macros_write() -> None:
    def lines(text: str) -> str:
        return "\n".join(line.strip() for line in text.strip().splitlines())

    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) > 3
    for block in blocks:
        assert lines(block) in lines(declared()), block


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text()))
