"""What the last build cost: seconds and rows of each table, as dbt and the database say it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from milepost.building.build_records import Records
from milepost.building.catalog import Catalog
from milepost.building.declared_views import published_name
from milepost.errors import PublishError

# Counting the rows of what is no table would compute them.
_TABLES = ("table", "incremental", "seed")
# dbt reads its clock twice when a command begins.
_TICK = timedelta(seconds=5)


@dataclass(frozen=True)
class TableCost:
    """A model or seed that was built; `rows` is None of a view, and of what is not there."""

    name: str
    seconds: float
    rows: int | None


@dataclass(frozen=True)
class Cost:
    """The tables of the last build, the slowest first, and the time of all its tests."""

    tables: list[TableCost]
    test_count: int
    test_seconds: float

    @property
    def seconds(self) -> float:
        """The time of all tables and tests; several threads spend it side by side."""
        return sum(table.seconds for table in self.tables) + self.test_seconds


def read(
    run_results: Path, catalog: Catalog, records: Records, con: DuckDBPyConnection
) -> Cost | None:
    """Return the cost of the build that `records` are of, from dbt's `run_results.json`.

    None where that is of another command, or of a build in another database.
    """
    try:
        content = json.loads(run_results.read_bytes())
        metadata, results = content["metadata"], content["results"]
        started_at, ended_at = (
            datetime.fromisoformat(metadata[name]).replace(tzinfo=None)
            for name in ("invocation_started_at", "generated_at")
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublishError(
            f"`{run_results}` is not what dbt writes: {error!r}", hint="run `dbt build` again"
        ) from error
    recorded_at = {node_id: build.recorded_at for node_id, build in records.builds.items()}
    recorded_at |= {node_id: run.recorded_at for node_id, run in records.tests.items()}
    built_ids = {
        node_id
        for node_id, instant in recorded_at.items()
        if started_at - _TICK <= instant <= ended_at
    }
    tables, test_seconds = [], []
    for result in results:
        node = catalog.nodes.get(result["unique_id"])
        if node is None or result["unique_id"] not in built_ids:
            continue
        seconds = float(result["execution_time"])
        if node["resource_type"] in {"test", "unit_test"}:
            test_seconds.append(seconds)
        else:
            rows = _row_count(con, node) if result["status"] == "success" else None
            tables.append(TableCost(published_name(node), seconds, rows))
    if not tables:
        return None
    tables.sort(key=lambda table: (-table.seconds, table.name))
    return Cost(tables, len(test_seconds), sum(test_seconds))


def _row_count(con: DuckDBPyConnection, node: Mapping[str, Any]) -> int | None:
    if node["config"].get("materialized") not in _TABLES:
        return None
    try:
        row = con.execute(f"select count(*) from {node['relation_name']}").fetchone()  # noqa: S608 - dbt's own name
    except duckdb.CatalogException:
        return None
    return int(row[0]) if row else None
