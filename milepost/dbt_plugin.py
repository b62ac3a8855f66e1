"""The dbt-duckdb plugin that a profile names: S3 by the AWS chain, and the raw log's state.

It gives each DuckDB connection a secret, in memory only, and functions for the macros in
`macros/landing/` and `macros/batch/`. Errors travel to dbt as JSON so that they reach a person as
one message and not as a failed SQL function.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import VARCHAR

from milepost import raw_log, releases, s3
from milepost.errors import MilepostError, StorageError
from milepost.raw_log import ClosedDates

# One answer for a whole dbt command: what it checked is what its models read.
_closed: dict[str, ClosedDates] = {}


class Plugin(BasePlugin):
    """`plugins: [{module: milepost.dbt_plugin, config: {store_uri: ...}}]` in profiles.yml."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Keep where the releases are; without it, what the scratch database lacks is built."""
        self.store_uri: str | None = plugin_config.get("store_uri")

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give a new connection the secret and the functions."""
        with suppress(StorageError):  # said, with its hint, when something first needs S3
            conn.execute(s3.duckdb_secret())
        conn.create_function("milepost_check_landing", _check_landing, [VARCHAR], VARCHAR)
        conn.create_function("milepost_closed_before", _closed_before, [VARCHAR], VARCHAR)
        conn.create_function("milepost_released", self._released, [VARCHAR], VARCHAR)

    def _released(self, _: str) -> str:
        """The feature views of the current release by name, `{}` without one, or an error."""

        def read() -> dict[str, Any]:
            store = s3.Location.parse(self.store_uri) if self.store_uri else None
            pointer = releases.pointer(store) if store else None
            if not store or not pointer:
                return {}
            release = releases.read(store, pointer[0])
            return {
                view.name: {
                    "release": release.release,
                    "code": view.code,
                    "built_to": str(view.built_to),
                    "fingerprint": view.fingerprint,
                    "columns": [field.name for field in view.fields],
                    "files": [store.uri(file.name) for file in view.files],
                }
                for view in release.views
            }

        return _answer(read)


def _check_landing(request: str) -> str:
    """`{"raw_uri", "tables": {name: {"columns", "rows_within_days"}}}` to `{}` or an error."""

    def check() -> dict[str, Any]:
        asked = json.loads(request)
        raw_uri = asked["raw_uri"]
        _closed[raw_uri] = raw_log.check(s3.Location.parse(raw_uri), asked["tables"])
        return {}

    return _answer(check)


def _closed_before(raw_uri: str) -> str:
    """The closed landing dates, as `{"first": date, "closed_before": date}`, or an error."""

    def read() -> dict[str, Any]:
        if raw_uri not in _closed:
            _closed[raw_uri] = raw_log.closed_dates(s3.Location.parse(raw_uri))
        dates = _closed[raw_uri]
        return {"closed_before": str(dates.before), "first": str(dates.first)}

    return _answer(read)


def _answer(question: Any) -> str:
    try:
        return json.dumps(question())
    except MilepostError as error:
        return json.dumps({"error": str(error)})
