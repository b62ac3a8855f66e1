"""What dbt's on-run-end hook kept in the scratch database (`macros/checks/record_results.sql`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from duckdb import BinderException, CatalogException, DuckDBPyConnection

from milepost.errors import PublishError
from milepost.release.manifest import SetAside


@dataclass(frozen=True)
class Build:
    """The last build of a model or seed: how it ended, from which code and which landing dates.

    `narrowed_by` is the option of the dbt command that made it other than the project says,
    `relation` the table's name, `fingerprint` that of a feature view's rows, and `parts` are those
    of its code.
    """

    status: str
    narrowed_by: str
    raw_logs: dict[str, dict[str, str]]
    relation: str
    target: str
    fingerprint: str
    parts: dict[str, str]
    recorded_at: datetime


@dataclass(frozen=True)
class TestRun:
    """The last run of a test."""

    status: str
    narrowed_by: str
    parts: dict[str, str]
    recorded_at: datetime


@dataclass(frozen=True)
class Batch:
    """How far a feature view is built: the first grid instant that is not, and by which code.

    `look_backs` is how many hours each feature looks back.
    """

    built_to: datetime
    code: str
    look_backs: dict[str, int]


@dataclass(frozen=True)
class Records:
    """Builds and batches by node, test runs by test, fingerprints by test and feature view."""

    builds: dict[str, Build]
    tests: dict[str, TestRun]
    fingerprints: dict[tuple[str, str], str]
    batches: dict[str, Batch]

    @property
    def target(self) -> str:
        """The name of dbt's target in the last build."""
        last = max(self.builds.values(), key=lambda build: build.recorded_at, default=None)
        return last.target if last else ""

    @property
    def reopened(self) -> dict[str, int]:
        """How often dates of each raw log had been reopened when it was last built from."""
        builds = sorted(self.builds.values(), key=lambda build: build.recorded_at)
        return {
            uri: int(log["reopened"])
            for build in builds
            for uri, log in build.raw_logs.items()
            if "reopened" in log
        }


def read(con: DuckDBPyConnection) -> Records:
    """Read the records; a PublishError where there are none."""
    try:
        builds = con.execute(
            "select node_id, status, narrowed_by, raw_logs, relation, target, fingerprint, parts, "
            "recorded_at from milepost_checks.builds"
        ).fetchall()
        tests = con.execute(
            "select test_id, status, narrowed_by, parts, recorded_at from milepost_checks.tests"
        ).fetchall()
        fingerprints = con.execute(
            "select test_id, model_id, fingerprint from milepost_checks.tested_tables"
        ).fetchall()
        batches = con.execute(
            "select model_id, cast(built_to as timestamp), code, look_backs "
            "from milepost_checks.batches"
        ).fetchall()
    except (CatalogException, BinderException) as error:
        raise _no_record() from error
    return Records(
        {
            node: Build(
                status, option, json.loads(logs), place, target, rows, json.loads(parts), at
            )
            for node, status, option, logs, place, target, rows, parts, at in builds
        },
        {
            test: TestRun(status, option, json.loads(parts), at)
            for test, status, option, parts, at in tests
        },
        {(test, model): content for test, model, content in fingerprints},
        {
            model: Batch(built_to, code, json.loads(look_backs))
            for model, built_to, code, look_backs in batches
        },
    )


def set_aside(con: DuckDBPyConnection, model_ids: Iterable[str]) -> list[SetAside]:
    """Read how many rows the models set aside, by raw table and reason; a PublishError without."""
    try:
        counts = con.execute(
            "select table_name, reason, set_aside_count, row_count from milepost_checks.set_aside "
            "where set_aside_count > 0 and list_contains(?, model_id) order by table_name, reason",
            [list(model_ids)],
        ).fetchall()
    except CatalogException as error:
        raise _no_record() from error
    return [SetAside(*count) for count in counts]


def _no_record() -> PublishError:
    return PublishError(
        "the scratch database has no record of a build by this Milepost",
        hint="run `dbt build`; dbt_project.yml needs `record_results(results)` on-run-end",
    )
