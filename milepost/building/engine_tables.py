"""The tables of an engine other than DuckDB, and the records of them, as DuckDB reads both.

An engine writes its tables as Delta tables below one place on S3. What is recorded of them, which
with DuckDB is in the scratch database, is one object beside them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from milepost.building import build_records
from milepost.building.engine_lock import EngineLock
from milepost.building.fingerprint import fingerprint
from milepost.errors import PublishError
from milepost.storage import conditional, s3
from milepost.storage.client import endpoint
from milepost.storage.location import Location

_RECORDS = "milepost_checks.json"
# What an engine writes at the beginning of a Delta table's history, and at each checkpoint of it.
_LOG = "_delta_log/"
# Steps of queries, which no table is called.
_STEPS = "milepost__steps/"
_STEP_TABLE = re.compile(r"\w+\.milepost__step_[0-9a-f]{32}_\d+")


class EngineTables:
    """Tables below a place on S3, and what is recorded of them.

    Several threads of dbt share it. Two dbt commands at a time must not: `lock` is for the one that
    writes. Should another have taken it from one that was slow, the slow one is refused with a
    ConflictError, at the latest when it writes its records after the other wrote.
    """

    def __init__(self, location: Location) -> None:
        self._location, self._lock = location, Lock()
        self.lock = EngineLock(location)
        self._etag: str | None = None

    @classmethod
    def at(cls, location: Location | None) -> EngineTables:
        """Return the tables below a place; a PublishError where none is named."""
        if location is None:
            raise PublishError(
                "there is no place for the tables of this engine",
                hint="say where it writes them: `export MILEPOST_TABLES_URI=s3://bucket/folder`",
            )
        return cls(location)

    def uri(self, node: Mapping[str, Any]) -> str | None:
        """Return where the table of a node is, or None for what is no table here."""
        config = node.get("config", {})
        if config.get("file_format") != "delta":
            return None
        if config.get("materialized") not in {"table", "incremental", "seed", "snapshot"}:
            return None
        return f"{config['location_root']}/{node['alias']}" if config.get("location_root") else None

    def check_places(self, nodes: Iterable[Mapping[str, Any]]) -> None:
        """Raise a PublishError where two models or seeds would write to one folder."""
        ids: dict[str, str] = {}
        for node in nodes:
            uri = self.uri(node)
            if uri and (first := ids.setdefault(uri, node["unique_id"])) != node["unique_id"]:
                raise PublishError(
                    f"`{first}` and `{node['unique_id']}` would both write their table to `{uri}`",
                    hint="change the `alias` of one: the schema is no part of a table's place",
                )

    def is_written(self, uri: str) -> bool:
        """Return whether a Delta table is there."""
        return any(True for _ in s3.listing(Location.parse(uri), _LOG))

    def step_uri(self, table: str) -> str:
        """Return where a step of a query is stored while a command runs."""
        return self._location.uri(f"{_STEPS}{table}")

    def remove_steps(self) -> None:
        """Remove the files of stored steps.

        A ConflictError where another command has taken the lock: the steps are of that one.
        """
        self.lock.check()
        s3.remove(self._location, [item.name for item in s3.listing(self._location, _STEPS)])

    def steps(self) -> list[str]:
        """Return the tables of the steps that this command stored, or one that was killed."""
        names = (item.name for item in s3.listing(self._location, _STEPS))
        tables = {name.removeprefix(_STEPS).partition("/")[0] for name in names}
        return sorted(filter(_STEP_TABLE.fullmatch, tables))

    def run(self, sql: str) -> list[dict[str, Any]]:
        """Run SQL on the records and return its rows; where it changes them they are kept on S3.

        A ConflictError where another command has taken the lock of this one.
        """
        self.lock.check()
        with self._lock:
            result = self.con.execute(sql)
            names = [column[0] for column in result.description or ()]
            rows = [
                {name: _told(value) for name, value in zip(names, row, strict=True)}
                for row in result.fetchall()
            ]
            if not sql.lstrip().startswith("select"):
                self._write()
            return rows

    def open(self, nodes: Iterable[Mapping[str, Any]]) -> DuckDBPyConnection:
        """Return the records, and the tables of these nodes that are there, by dbt's names.

        They are read as they are at this moment: what is written later is not seen. Making the view
        is what reads a table's version; a query of it without `pin_snapshot` would read the newest.
        """
        for node in nodes:
            uri = self.uri(node)
            if uri and self.is_written(uri):
                schema, table = (_quoted(node[part]) for part in ("schema", "alias"))
                pinned = _quoted(node["unique_id"])
                self.con.execute(f"attach '{uri}' as {pinned} (type delta, pin_snapshot)")
                self.con.execute(f"create schema if not exists {schema}")
                self.con.execute(f"create view {schema}.{table} as from {pinned}")
        return self.con

    def fingerprint(self, node: Mapping[str, Any]) -> str:
        """Return the fingerprint of the table of a model or seed, as of a table of DuckDB."""
        with self._lock:
            view = "create or replace temp view milepost__table as from delta_scan"
            self.con.execute(f"{view}('{self.uri(node)}')")
            return fingerprint(self.con, "milepost__table")

    @cached_property
    def con(self) -> DuckDBPyConnection:
        """DuckDB in memory, with the records."""
        con = connect()
        for statement in build_records.create():
            con.execute(statement)
        stored = s3.get(self._location, _RECORDS)
        self._etag = stored.etag if stored else None
        records = json.loads(stored.body) if stored else {}
        # Records of another Milepost are of other tables: all is built anew.
        is_known = records.get("form") == build_records.FORM
        for table, rows in records["tables"].items() if is_known else ():
            for statement in build_records.keep(table, rows or []):
                con.execute(statement)
        return con

    def _write(self) -> None:
        row = self.con.execute(build_records.SELECT_ALL).fetchone()
        assert row is not None  # noqa: S101 - a select without a table has one row
        body = f'{{"form": "{build_records.FORM}", "tables": {row[0]}}}'.encode()
        if self._etag is None:
            self._etag = conditional.create(self._location, _RECORDS, body)
        else:
            self._etag = conditional.replace(self._location, _RECORDS, body, self._etag)


def connect() -> DuckDBPyConnection:
    """Return DuckDB in memory that reads Delta tables on S3; a PublishError where it cannot."""
    folder = os.environ.get("MILEPOST_EXTENSIONS", ".local/duckdb_extensions")
    con = duckdb.connect(config={"extension_directory": folder} if Path(folder).is_dir() else {})
    try:
        con.execute("load httpfs; load delta")
    except duckdb.Error as error:
        raise PublishError(
            f"DuckDB cannot read Delta tables: {str(error).splitlines()[0]}",
            hint="`pip install 'milepost[sail]'`; docs/guides/other-engines.md says where its "
            "extensions are looked for",
        ) from error
    con.execute(endpoint().duckdb_secret())
    return con


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _told(value: Any) -> Any:
    """Return a value as JSON has it."""
    return value if isinstance(value, int | float | str | None) else str(value)
