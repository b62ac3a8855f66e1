"""What the scratch database keeps of builds and tests: the tables of its schema `milepost_checks`.

This module owns them. It has the statements that make and fill them, which dbt's hooks run, and it
reads them for planning and for the publisher's gate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from duckdb import BinderException, CatalogException, DuckDBPyConnection

from milepost.errors import PublishError
from milepost.release.manifest import SetAside

T = TypeVar("T")

_SCHEMA = "milepost_checks"
_TABLES = {
    "batches": "node_id varchar primary key, built_to timestamp, code varchar, parts json, "
    "look_backs json",
    "slices": "node_id varchar primary key, first_date date, closed_before timestamp, "
    "is_built boolean",
    "builds": "node_id varchar primary key, recorded_at timestamp, status varchar, "
    "narrowed_by varchar, raw_logs json, relation varchar, target varchar, fingerprint varchar, "
    "parts json",
    "tests": "node_id varchar primary key, recorded_at timestamp, status varchar, "
    "narrowed_by varchar, parts json",
    "tested_tables": "test_id varchar, model_id varchar, fingerprint varchar, "
    "primary key (test_id, model_id)",
    # Filled by `macros/checks/count_set_aside.sql`, in its model's transaction.
    "set_aside": "recorded_at timestamp, model_id varchar, base varchar, table_name varchar, "
    "share_max double, row_count_min bigint, reason varchar, column_name varchar, ids varchar, "
    "set_aside_count bigint, row_count bigint, all_set_aside_count bigint, all_row_count bigint, "
    "recent_set_aside_count bigint, recent_row_count bigint",
}
FORM = hashlib.sha256(json.dumps(_TABLES).encode()).hexdigest()[:16]
"""The comment on the table `batches` if the tables have the form of this Milepost."""

# What JSON has as texts.
_INSTANTS: dict[str, Callable[[str], date]] = {
    "recorded_at": datetime.fromisoformat,
    "built_to": datetime.fromisoformat,
    "first_date": date.fromisoformat,
    "closed_before": datetime.fromisoformat,
}


def _select(names: Iterable[str]) -> str:
    lists = (f"'{name}': (select list(rows) from {_SCHEMA}.{name} as rows)" for name in names)  # noqa: S608 - our own
    return f"select to_json({{{', '.join(lists)}}}) as records"


SELECT = _select(name for name in _TABLES if name != "set_aside")
"""The SQL that reads the records, as one JSON text, so that dbt can run it as well."""
SELECT_ALL = _select(_TABLES)


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
    """How far an incremental model is built, and by which code.

    `built_to` is the first grid instant that is not built. `look_backs` is how many
    hours each feature of a feature view looks back.
    """

    built_to: datetime
    code: str
    parts: dict[str, str]
    look_backs: dict[str, int]


@dataclass(frozen=True)
class Slice:
    """The landing dates that a table is made from; without a `first_date`, from the first of all.

    Until `is_built` is true, a dbt command is about to read them.
    """

    first_date: date | None
    closed_before: datetime
    is_built: bool


@dataclass(frozen=True)
class Records:
    """Builds, batches and slices by node, test runs by test, fingerprints by test and view."""

    builds: dict[str, Build] = field(default_factory=dict)
    tests: dict[str, TestRun] = field(default_factory=dict)
    fingerprints: dict[tuple[str, str], str] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    slices: dict[str, Slice] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The name of dbt's target in the last build."""
        last = max(self.builds.values(), key=lambda build: build.recorded_at, default=None)
        return last.target if last else ""

    @property
    def reopened(self) -> dict[str, int]:
        """How often partitions of each raw table had been reopened when it was last built from."""
        builds = sorted(self.builds.values(), key=lambda build: build.recorded_at)
        return {
            table_id: int(table["reopened"])
            for build in builds
            for table_id, table in build.raw_logs.items()
        }


def read(con: DuckDBPyConnection) -> Records:
    """Read the records; a PublishError where there are none."""
    try:
        row = con.execute(SELECT).fetchone()
        assert row is not None  # noqa: S101 - a select without a table has one row
        return parse(str(row[0]))
    except (CatalogException, BinderException, KeyError) as error:
        raise _no_record() from error


def parse(text: str) -> Records:
    """Return the records from the text that `SELECT` gives."""
    tables: dict[str, list[dict[str, Any]] | None] = json.loads(text)

    def by_node(table: str, kind: type[T]) -> dict[str, T]:
        return {row["node_id"]: _record(kind, row) for row in tables[table] or []}

    tested = tables["tested_tables"] or []
    return Records(
        builds=by_node("builds", Build),
        tests=by_node("tests", TestRun),
        fingerprints={(row["test_id"], row["model_id"]): row["fingerprint"] for row in tested},
        batches=by_node("batches", Batch),
        slices=by_node("slices", Slice),
    )


def _record(kind: type[T], row: Mapping[str, Any]) -> T:
    """Return a row as a dataclass whose fields are columns of its table."""
    values = {name: row[name] for name in kind.__annotations__}
    for name, parsed in _INSTANTS.items():
        if values.get(name):
            values[name] = parsed(values[name])
    return kind(**values)


def set_aside(con: DuckDBPyConnection, model_ids: Iterable[str]) -> list[SetAside]:
    """Read how many rows models set aside, by raw table and reason; a PublishError if it cannot."""
    try:
        counts = con.execute(
            "select table_name, reason, cast(sum(set_aside_count) as bigint), max(row_count) "
            "from milepost_checks.set_aside where reason is not null and set_aside_count > 0 "
            "and list_contains(?, model_id) group by model_id, base, table_name, reason "
            "order by table_name, reason",
            [list(model_ids)],
        ).fetchall()
    except CatalogException as error:
        raise _no_record() from error
    return [SetAside(*count) for count in counts]


def create() -> list[str]:
    """Return the statements that make the tables anew, empty."""
    return [
        f"drop schema if exists {_SCHEMA} cascade",
        f"create schema {_SCHEMA}",
        *(f"create table {_SCHEMA}.{name} ({columns})" for name, columns in _TABLES.items()),
        f"comment on table {_SCHEMA}.batches is '{FORM}'",
    ]


def keep(table: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the statement that writes rows, replacing those of the same key; none for no rows.

    Each row has the same columns; a mapping in one becomes JSON.
    """
    if not (rows := list(rows)):
        return []
    values = ", ".join(f"({', '.join(_literal(value) for value in row.values())})" for row in rows)
    columns, verb = ", ".join(rows[0]), "insert or replace" if "key" in _TABLES[table] else "insert"
    return [f"{verb} into {_SCHEMA}.{table} ({columns}) values {values}"]


def forget_batches(node_ids: Iterable[str]) -> list[str]:
    """Return the statement that removes batches, so that no build goes on from these tables."""
    return _where(f"delete from {_SCHEMA}.batches", node_ids)  # noqa: S608 - quoted


def interrupt(node_ids: Iterable[str]) -> list[str]:
    """Return the statement that marks builds as interrupted, since their tables are unknown."""
    return _where(f"update {_SCHEMA}.builds set status = 'interrupted'", node_ids)  # noqa: S608 - quoted


def keep_slices(node_ids: Iterable[str]) -> list[str]:
    """Return the statement that marks the planned slices of these models as built."""
    return _where(f"update {_SCHEMA}.slices set is_built = true", node_ids)  # noqa: S608 - quoted


def _where(statement: str, node_ids: Iterable[str]) -> list[str]:
    ids = ", ".join(map(_literal, sorted(node_ids)))
    return [f"{statement} where node_id in ({ids})"] if ids else []


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    text = json.dumps(value) if isinstance(value, dict | bool) else str(value)
    return "'{}'".format(text.replace("'", "''"))


def _no_record() -> PublishError:
    return PublishError(
        "the scratch database has no record of a build by this Milepost",
        hint="run `dbt build`; dbt_project.yml needs `record_results(results)` on-run-end",
    )
