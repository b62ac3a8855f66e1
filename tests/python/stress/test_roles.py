"""What a column holds, by its type and its name, is given the faults that it can have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from milepost.stress import faults, lineage
from milepost.stress.kinds import OF_TABLES
from stress.small_builds import DAYS, PER_DAY, SmallBuild, fault
from stress.test_lineage import catalog_of, node

ROW = "({day} * 10 + n)"
FEW = DAYS * PER_DAY // 20
COLUMNS = {
    "row": f"'row ' || {ROW}",
    "bed_id": f"cast(1000 + {ROW} as bigint)",
    "bed_number": f"cast({ROW} as uinteger)",
    "trucks": "cast(n as uinteger)",
    "code": f"cast(md5(cast({ROW} as varchar)) as uuid)",
    "due_date": "cast(timestamp '{start}' as date)",
    "due_on": "strftime(timestamp '{start}', '%d/%m/%Y')",
    "landed_at": "timestamp '{start}' + to_hours(n)",
}
OF_NUMBER = {"nulls", "zero", "outliers_x10", "outliers_x1000"}
OF_KEY = {"nulls", "id_reused", "key_unseen"}
OF_INSTANT = {"nulls", "clock_behind", "clock_ahead"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    folder: Path = tmp_path_factory.mktemp("roles")
    return SmallBuild(folder, COLUMNS, keys={"bed_number"}, formats={"due_on": "%d/%m/%Y"})


@pytest.fixture
def con(small: SmallBuild) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(f"attach '{small.raw_database}' as raw (read_only)")
        yield con


def test_each_column_is_given_the_faults_of_what_it_holds(small: SmallBuild) -> None:
    by_column: dict[str, set[str]] = {}
    for item in faults.of_parts([small.part]):
        by_column.setdefault(item.column, set()).add(item.kind.name)
    assert by_column == {
        "row": {*OF_KEY, "encoding"},
        "bed_id": OF_KEY,
        "bed_number": OF_KEY,
        "trucks": OF_NUMBER,
        "code": OF_KEY,
        "due_date": OF_INSTANT,
        "due_on": OF_INSTANT,
        "landed_at": OF_INSTANT,
        "": {kind.name for kind in OF_TABLES},
    }


def pairs(con: Any, small: SmallBuild, kind: str, column: str) -> list[tuple[Any, Any]]:
    """The values of a column before and after a fault, of the rows that have it."""
    rows = faults.rows(small.part, small.copied, fault(kind, column))
    changed: list[tuple[Any, Any]] = con.execute(
        f"select clean.{column}, after.{column} from {small.part.relation} as clean "
        f"inner join ({rows}) as after using (row) where clean.{column} <> after.{column}"
    ).fetchall()
    return changed


@pytest.mark.parametrize("column", ["bed_id", "bed_number", "code"])
def test_a_key_of_any_type_is_reused_or_was_never_seen(
    con: Any, small: SmallBuild, column: str
) -> None:
    seen = {row[0] for row in con.execute(f"select {column} from {small.part.relation}").fetchall()}
    reused = [after for _, after in pairs(con, small, "id_reused", column)]
    unseen = [after for _, after in pairs(con, small, "key_unseen", column)]
    assert (len(reused), len(set(unseen))) == (FEW, FEW)
    assert set(reused) <= seen
    assert not set(unseen) & seen


@pytest.mark.parametrize(("kind", "days"), [("clock_behind", -1), ("clock_ahead", 1)])
def test_a_date_by_a_clock_that_is_off_is_another(
    con: Any, small: SmallBuild, kind: str, days: int
) -> None:
    moved = pairs(con, small, kind, "due_date")
    assert len(moved) == FEW
    assert {after - before for before, after in moved} == {timedelta(days=days)}
    texts = pairs(con, small, kind, "due_on")
    assert len(texts) == FEW
    for before, after in texts:
        first, second = (date(*map(int, reversed(text.split("/")))) for text in (before, after))
        assert second - first == timedelta(days=days)


def test_what_a_model_or_a_test_says_to_be_a_key_is_one_of_the_source() -> None:
    stated = catalog_of(
        node("raw", kind="source", source_name="green"),
        node("base", config={"meta": {}}, depends_on={"nodes": ["source.green.raw"], "macros": []}),
        node("staged", "base", config={"meta": {"staged_from": {"base": {"id": ["Number"]}}}}),
        *(
            node(
                name,
                "staged",
                kind="test",
                attached_node="model.green.staged",
                column_name=f"{name}_column",
                test_metadata={"name": name},
            )
            for name in ("unique", "relationships", "not_null")
        ),
    )
    keys = {"number", "unique_column", "relationships_column"}
    assert lineage.keys_of_sources(stated) == {"source.green.raw": keys}
