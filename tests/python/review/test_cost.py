"""What the last build cost, from dbt's own file, and only if that is of this build."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from milepost.building.build_records import Build, Records
from milepost.building.build_records import TestRun as RunOfTest
from milepost.building.catalog import Catalog
from milepost.errors import PublishError
from milepost.review import cost
from small_releases import at

STARTED = at("2026-11-27T10:00:00")
NODES: dict[str, dict[str, Any]] = {
    "model.g.beds": {"name": "beds", "resource_type": "model", "materialized": "incremental"},
    "model.g.base": {"name": "base", "resource_type": "model", "materialized": "view"},
    "test.g.wet": {"name": "wet", "resource_type": "test", "materialized": "test"},
}


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create table beds as from range(3); create view base as from beds")
        yield connection


def read(folder: Path, con: DuckDBPyConnection, recorded_at: datetime) -> cost.Cost | None:
    nodes = {
        node_id: {
            **node,
            "relation_name": node["name"],
            "config": {"materialized": node["materialized"]},
        }
        for node_id, node in NODES.items()
    }
    builds = {
        node_id: Build("success", "", {}, "", "", "", {}, recorded_at)
        for node_id in ("model.g.beds", "model.g.base")
    }
    records = Records(builds, {"test.g.wet": RunOfTest("pass", "", {}, recorded_at)})
    return cost.read(folder / "run_results.json", Catalog(nodes, {}, {}, (), "g", ""), records, con)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    results = [
        {"unique_id": node_id, "status": "success", "execution_time": seconds}
        for node_id, seconds in (
            ("operation.g.hook", 9.0),
            ("model.g.base", 0.5),
            ("model.g.beds", 2.0),
            ("test.g.wet", 0.25),
        )
    ]
    metadata = {
        "invocation_started_at": STARTED.isoformat() + "Z",
        "generated_at": (STARTED + timedelta(minutes=1)).isoformat() + "Z",
    }
    content = json.dumps({"metadata": metadata, "results": results})
    (tmp_path / "run_results.json").write_text(content)
    return tmp_path


def test_tables_and_tests_of_the_build_are_counted(folder: Path, con: DuckDBPyConnection) -> None:
    found = read(folder, con, STARTED + timedelta(seconds=1))
    assert found == cost.Cost(
        [cost.TableCost("beds", 2.0, 3), cost.TableCost("base", 0.5, None)], 1, 0.25
    )
    assert found.seconds == 2.75


@pytest.mark.parametrize("minutes", [-1, 2])
def test_the_file_of_another_command_is_not_taken(
    folder: Path, con: DuckDBPyConnection, minutes: int
) -> None:
    """A build before it, in this database or another, or a build since of which no file is left."""
    assert read(folder, con, STARTED + timedelta(minutes=minutes)) is None


def test_a_file_that_is_not_there_or_damaged(folder: Path, con: DuckDBPyConnection) -> None:
    (folder / "run_results.json").write_text("{}")
    with pytest.raises(PublishError, match="is not what dbt writes"):
        read(folder, con, STARTED)
    (folder / "run_results.json").unlink()
    assert read(folder, con, STARTED) is None
