"""The dbt-duckdb plugin that a profile names: S3 by the AWS chain, the raw log's state, and codes.

It gives each DuckDB connection a secret, in memory only, and functions for the macros in
`macros/landing/`, `macros/batch/`, `macros/checks/` and `macros/lookup/`. Errors travel to dbt as
JSON so that they reach a person as one message and not as a failed SQL function.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.factory import get_adapter_by_type
from dbt.config.profile import read_profile
from dbt.config.renderer import ProfileRenderer
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import VARCHAR

from milepost.building import code, look_back
from milepost.building.catalog import Catalog
from milepost.errors import MilepostError, StorageError
from milepost.raw import closed_dates as raw_log
from milepost.raw.closed_dates import ClosedDates
from milepost.release import pointers, releases
from milepost.release.expression import portable
from milepost.storage.client import endpoint
from milepost.storage.location import Location

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
            conn.execute(endpoint().duckdb_secret())
        conn.create_function("milepost_check_landing", _check_landing, [VARCHAR], VARCHAR)
        conn.create_function("milepost_closed_before", _closed_before, [VARCHAR], VARCHAR)
        conn.create_function("milepost_look_backs", _look_backs, [VARCHAR], VARCHAR)
        conn.create_function("milepost_expression", _expression, [VARCHAR], VARCHAR)
        conn.create_function("milepost_released", self._released, [VARCHAR], VARCHAR)
        conn.create_function("milepost_codes", _codes, [VARCHAR], VARCHAR)
        conn.create_function("milepost_narrowed_by", _narrowed_by, [VARCHAR], VARCHAR)

    def _released(self, _: str) -> str:
        """The feature views of the current release by name, `{}` without one, or an error."""

        def read() -> dict[str, Any]:
            store = Location.parse(self.store_uri) if self.store_uri else None
            pointer = pointers.pointer(store) if store else None
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
    """What `raw_log.check` takes, as `{"raw_uri", "tables"}`, to `{}` or an error."""

    def check() -> dict[str, Any]:
        asked = json.loads(request)
        raw_uri = str(asked["raw_uri"])
        _closed[raw_uri] = raw_log.check(Location.parse(raw_uri), asked["tables"])
        return {}

    return _answer(check)


def _closed_before(raw_uri: str) -> str:
    """The closed dates, as `{"first": date, "closed_before": date, "reopened": n}`, or an error."""

    def read() -> dict[str, Any]:
        if raw_uri not in _closed:
            _closed[raw_uri] = raw_log.closed_dates(Location.parse(raw_uri))
        dates = _closed[raw_uri]
        return {
            "closed_before": str(dates.before),
            "first": str(dates.first),
            "reopened": str(dates.reopened),
        }

    return _answer(read)


def _adapter() -> Any:
    """dbt's adapter of this command: its configuration, and the manifest as it was parsed."""
    return get_adapter_by_type("duckdb")  # type: ignore[no-untyped-call]


def _codes(raw_logs: str) -> str:
    """The code of each model, seed and test: `{node id: {"code": hash, "parts": {name: hash}}}`.

    `raw_logs` has what `_closed_before` answers, by `raw_uri`.
    """

    def compute() -> dict[str, Any]:
        adapter = _adapter()
        manifest = adapter.get_macro_resolver().writable_manifest().to_dict(omit_none=False)
        catalog = Catalog.of(manifest)
        catalog.check_declarations()
        config = adapter.config
        variables = code.declared_variables(Path(config.project_root))
        reopened = {uri: int(log["reopened"]) for uri, log in json.loads(raw_logs).items()}
        coder = code.Coder(catalog, variables, config.target_name, reopened)
        coded = {id_: coder.parts(id_) for id_ in catalog.nodes if coder.has_code(id_)}
        return {id_: {"code": code.digest(parts), "parts": parts} for id_, parts in coded.items()}

    return _answer(compute)


def _narrowed_by(_: str) -> str:
    """`{"option": ...}`: what makes this command's tables other than the project says, or `""`."""
    config = _adapter().config
    given = config.args
    for option in ("empty", "sample", "defer", "vars"):
        if getattr(given, option.upper(), None):  # not every command has each
            return json.dumps({"option": f"--{option}"})
    profile = read_profile(given.PROFILES_DIR)[config.profile_name]
    default = ProfileRenderer(config.cli_vars).render_value(profile.get("target", "default"))
    option = "" if config.target_name == default else f"--target {config.target_name}"
    return json.dumps({"option": option})


def _look_backs(request: str) -> str:
    """The arguments of `look_back.hours` to `{feature: hours}`, or an error."""
    return _answer(lambda: look_back.hours(**json.loads(request)))


def _expression(request: str) -> str:
    """The arguments of `expression.portable` to `{"sql": text}`, or an error."""
    return _answer(lambda: {"sql": portable(**json.loads(request))})


def _answer(question: Any) -> str:
    try:
        return json.dumps(question())
    except MilepostError as error:
        return json.dumps({"error": str(error)})
