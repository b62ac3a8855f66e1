"""The dbt-duckdb plugin that a profile names: S3 by the AWS chain, and the answers to our macros.

It gives each DuckDB connection a secret, in memory only, and one function: `milepost_answer`, by
which `macros/batch/ask.sql` asks a `DbtCommand`. Errors travel to dbt as JSON so that they reach
a person as one message and not as a failed SQL function.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.factory import get_adapter_by_type
from dbt.config.profile import read_profile
from dbt.config.renderer import ProfileRenderer
from dbt.flags import get_flags
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import VARCHAR

from milepost.building.batches import Options
from milepost.building.catalog import Catalog
from milepost.building.dbt_command import DbtCommand
from milepost.building.plan import ReleasedView
from milepost.building.project import declared_variables
from milepost.building.raw_logs import Check
from milepost.errors import MilepostError, StorageError
from milepost.raw import closed_tables, copies, earlier, ledger
from milepost.raw.tables import ClosedTable, RawTable
from milepost.release import pointers, releases
from milepost.storage.client import endpoint
from milepost.storage.location import Location

# dbt makes an adapter for each command.
_commands: WeakKeyDictionary[Any, DbtCommand] = WeakKeyDictionary()


class Plugin(BasePlugin):
    """`plugins: [{module: milepost.dbt_plugin, config: {store_uri: ...}}]` in profiles.yml."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Keep the URI of the store; without it no view is read from a release.

        With `raw_copy`, of which `milepost stress` says the `folder` and the `days`, dbt reads a
        copy of the raw logs, and nothing of a release.
        """
        self.store_uri: str | None = plugin_config.get("store_uri")
        self.raw_copy: dict[str, Any] | None = plugin_config.get("raw_copy")

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give a new connection the secret and the function."""
        with suppress(StorageError):  # said, with its hint, when something first needs S3
            conn.execute(endpoint().duckdb_secret())
        # It has side effects: else DuckDB would repeat its earlier answer to a question.
        conn.create_function(
            "milepost_answer", self._answer, [VARCHAR, VARCHAR], VARCHAR, side_effects=True
        )

    def _answer(self, question: str, details: str) -> str:
        """Answer a question to a `DbtCommand`: `{"answer": ...}`, or `{"error": text}`."""
        try:
            answer = getattr(self._command(), question)(**json.loads(details))
            return json.dumps({"answer": answer})
        except MilepostError as error:
            return json.dumps({"error": str(error)})

    def _command(self) -> DbtCommand:
        adapter = get_adapter_by_type("duckdb")  # type: ignore[no-untyped-call]
        if adapter not in _commands:
            manifest = adapter.get_macro_resolver().writable_manifest().to_dict(omit_none=False)
            variables = declared_variables(Path(adapter.config.project_root))
            options = _options(adapter.config)
            store = Location.parse(self.store_uri) if self.store_uri else None
            writes = options.builds_tables and self.raw_copy is None
            check = partial(_check, store=store, writes=writes)
            _commands[adapter] = DbtCommand(
                Catalog.of(manifest),
                options,
                variables,
                self._released,
                partial(self._copied, check) if self.raw_copy else check,
                ledger.unchanged,
            )
        return _commands[adapter]

    def _copied(self, check: Check, tables: Sequence[RawTable]) -> Mapping[str, ClosedTable]:
        assert self.raw_copy  # noqa: S101 - the caller has looked
        folder, days = Path(self.raw_copy["folder"]), int(self.raw_copy["days"])
        return copies.copy(tables, check(tables), folder, days)

    def _released(self) -> dict[str, ReleasedView]:
        """Return the feature views of the current release by name; none without a release."""
        if self.raw_copy:
            return {}
        store = Location.parse(self.store_uri) if self.store_uri else None
        pointer = pointers.pointer(store) if store else None
        if not store or not pointer:
            return {}
        release = releases.read(store, pointer[0])
        return {
            view.name: ReleasedView(
                release=release.release,
                code=view.code,
                built_to=view.built_to,
                fingerprint=view.fingerprint,
                columns=[field.name for field in view.fields],
                files=[store.uri(file.name) for file in view.files],
            )
            for view in release.views
        }


def _check(
    tables: Sequence[RawTable], *, store: Location | None, writes: bool
) -> Mapping[str, ClosedTable]:
    """Return what may be read of raw tables: what is closed, or was at `MILEPOST_CLOSED_BY`."""
    closed = closed_tables.check(tables, store, writes=writes)
    instant = os.environ.get(earlier.VARIABLE)
    return earlier.closed_by(closed, datetime.fromisoformat(instant)) if instant else closed


def _options(config: Any) -> Options:
    # Not those of `config`, which of `dbt retry` has its own and not those of what it repeats.
    flags = get_flags()  # type: ignore[no-untyped-call]
    return Options(
        command=flags.WHICH,
        target=config.target_name,
        narrowed_by=_narrowed_by(config, flags),
        full_refresh=bool(getattr(flags, "FULL_REFRESH", False)),
        empty=bool(getattr(flags, "EMPTY", False)),
        start=getattr(flags, "EVENT_TIME_START", None),
        end=getattr(flags, "EVENT_TIME_END", None),
    )


def _narrowed_by(config: Any, flags: Any) -> str:
    """Return the option with which tables are not as the project says, or "" without one."""
    for option in ("empty", "sample", "defer", "vars"):
        if getattr(flags, option.upper(), None):  # not every command has each
            return f"--{option}"
    profile = read_profile(flags.PROFILES_DIR)[config.profile_name]
    default = ProfileRenderer(config.cli_vars).render_value(profile.get("target", "default"))
    return "" if config.target_name == default else f"--target {config.target_name}"
