"""What happens inside the SQL of `trailing_features`, and the page that follows eight facts."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

import macro

PAGE = Path(__file__).parents[2] / "docs/concepts/windows-inside.md"
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
