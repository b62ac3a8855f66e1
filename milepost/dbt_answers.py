"""The answers to Milepost's macros while dbt runs, on whatever engine it builds.

`macros/batch/ask.sql` asks a `DbtCommand` through the adapter's method `milepost_answer`, which
`dbt_milepost` adds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, finalize

from dbt.config.profile import read_profile
from dbt.config.renderer import ProfileRenderer
from dbt.flags import get_flags

from milepost.building.batches import Options
from milepost.building.catalog import Catalog
from milepost.building.dbt_command import DbtCommand
from milepost.building.engine_tables import EngineTables
from milepost.building.plan import ReleasedView
from milepost.building.project import declared_variables
from milepost.building.raw_logs import Check
from milepost.errors import MilepostError, PublishError
from milepost.raw import closed_tables, copies, earlier, ledger
from milepost.raw.tables import ClosedTable, RawTable
from milepost.release import pointers, releases
from milepost.storage.location import Location

# dbt makes an adapter for each command.
_commands: WeakKeyDictionary[Any, DbtCommand] = WeakKeyDictionary()
# The commands of which `macros/checks/record_results.sql` keeps how they ended.
_RECORDED = {"run", "build", "seed", "snapshot", "test"}
# An instant with a zone is a `timestamp` to the engine, and one without to a session of dbt's.
_TYPES = {"timestamp": "timestamp_ltz"}
_UTC = {"UTC", "Etc/UTC"}
# Several threads of dbt may be the first to ask.
_lock = Lock()


def answer(adapter: Any, question: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a question to a `DbtCommand`: `{"answer": ...}`, or `{"error": text}`."""
    try:
        with _lock:
            if adapter not in _commands:
                _commands[adapter] = _command(adapter)
        return {"answer": getattr(_commands[adapter], question)(**details)}
    except MilepostError as error:
        return {"error": str(error)}


@dataclass(frozen=True)
class _Places:
    """Where a dbt command finds what a build needs beside the raw logs.

    Without a `store` no view is read from a release. `tables` is where an engine other than DuckDB
    writes. With `raw_copy`, of which `milepost stress` says the `folder` and the `days`, dbt reads
    a copy of the raw logs, and nothing of a release.
    """

    store: Location | None
    tables: Location | None
    raw_copy: Mapping[str, Any] | None

    @classmethod
    def of(cls, adapter: Any) -> _Places:
        """Read them from the plugin in the profile on DuckDB, elsewhere from the environment."""
        if adapter.type() == "duckdb":
            config: Mapping[str, Any] = next(
                (
                    plugin.config or {}
                    for plugin in adapter.config.credentials.plugins or ()
                    if plugin.module == "milepost.dbt_plugin"
                ),
                {},
            )
            uri = config.get("store_uri")
            return cls(Location.parse(uri) if uri else None, None, config.get("raw_copy"))
        if os.environ.get("MILEPOST_TABLES_URI", "").endswith("/"):
            raise PublishError("`MILEPOST_TABLES_URI` ends in `/`", hint="leave it out")
        store, tables = (os.environ.get(f"MILEPOST_{name}_URI") for name in ("STORE", "TABLES"))
        return cls(
            Location.parse(store) if store else None,
            Location.parse(tables) if tables else None,
            None,
        )

    def check(self, tables: Sequence[RawTable], *, writes: bool) -> Mapping[str, ClosedTable]:
        """Return what may be read of raw tables: what is closed, or was at `MILEPOST_CLOSED_BY`."""
        closed = closed_tables.check(tables, self.store, writes=writes and not self.raw_copy)
        instant = earlier.instant()
        if instant:
            closed = earlier.closed_by(closed, instant)
        if self.raw_copy:
            folder, days = Path(self.raw_copy["folder"]), int(self.raw_copy["days"])
            return copies.copy(tables, closed, folder, days)
        return closed

    def released(self) -> dict[str, ReleasedView]:
        """Return the feature views of the current release by name; none without a release."""
        store = self.store
        pointer = pointers.pointer(store) if store and not self.raw_copy else None
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


def _command(adapter: Any) -> DbtCommand:
    manifest = adapter.get_macro_resolver().writable_manifest().to_dict(omit_none=False)
    catalog, options = Catalog.of(manifest), _options(adapter.config)
    places = _Places.of(adapter)
    check: Check = partial(places.check, writes=options.builds_tables)
    tables = None if catalog.adapter == "duckdb" else EngineTables.at(places.tables)
    if tables is None:
        _check_duckdb(adapter)
    else:
        _check_session(adapter)
        if options.command in _RECORDED:
            # It is released at the end of the run, or where dbt ends without one.
            finalize(adapter, tables.lock.release)
            tables.lock.take()
        _register(adapter, catalog, tables)
    return DbtCommand(
        catalog,
        options,
        declared_variables(Path(adapter.config.project_root)),
        places.released,
        check,
        ledger.unchanged,
        tables,
    )


def _check_duckdb(adapter: Any) -> None:
    """Raise a PublishError where a cast of an instant with a zone would not be in UTC."""
    _, settings = adapter.execute("select current_setting('TimeZone') as zone", fetch=True)
    zone = settings.rows[0][0]
    if zone not in _UTC:
        raise PublishError(
            f"the session of DuckDB has instants in `{zone}`",
            hint="set `TimeZone: UTC` among the `settings` of the profile",
        )


def _check_session(adapter: Any) -> None:
    """Raise a PublishError where Spark is no version 4, or instants are not UTC without a zone."""
    if adapter.type() == "spark":
        _, versions = adapter.execute("select version() as version", fetch=True)
        version = str(versions.rows[0][0]).split()[0]
        if not version.startswith("4."):
            raise PublishError(
                f"the engine is Spark {version}", hint="build on Spark 4, whose SQL Milepost writes"
            )
    _, settings = adapter.execute(
        "select current_timezone() as zone, typeof(cast('2026-01-01' as timestamp)) as kind",
        fetch=True,
    )
    zone, kind = settings.rows[0]
    for name, is_set, value in (
        ("spark.sql.session.timeZone", zone in _UTC, "UTC"),
        ("spark.sql.timestampType", kind == "timestamp_ntz", "TIMESTAMP_NTZ"),
    ):
        if not is_set:
            raise PublishError(
                f"the session of `{adapter.type()}` has instants in `{zone}`, as `{kind}`",
                hint=f"set `{name}: {value}` among the `server_side_parameters` of the profile",
            )


def _register(adapter: Any, catalog: Catalog, tables: EngineTables) -> None:
    """Name the tables that earlier commands built, where the engine's catalogue has forgotten them.

    That of Sail lasts as long as one session, which is one dbt command.
    """
    built = {
        node_id: uri
        for node_id, node in catalog.nodes.items()
        if (uri := tables.uri(node)) and tables.is_written(uri)
    }
    for schema in sorted({catalog.nodes[node_id]["schema"] for node_id in built}):
        adapter.execute(f"create schema if not exists {schema}")
    for node_id, uri in built.items():
        node = catalog.nodes[node_id]
        if adapter.get_relation(node["database"], node["schema"], node["alias"]) is None:
            relation = adapter.Relation.create(
                database=None,
                schema=node["schema"],
                identifier=node["alias"],
                type="table",
                is_delta=True,
            )
            # Sail takes no columns from the files: those of such a table are not described.
            _, cursor = adapter.connections.add_select_query(f"select * from delta.`{uri}` limit 0")  # noqa: S608 - a Location
            columns = ", ".join(
                f"`{name}` {_TYPES.get(data_type, data_type)}{'' if is_nullable else ' not null'}"
                for name, data_type, *_, is_nullable in cursor.description
            )
            adapter.execute(f"create table {relation} ({columns}) using delta location '{uri}'")
            adapter.cache_added(relation)


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
    if config.credentials.type != "duckdb":
        return ""  # an engine's tables and records are its own, whichever target is the default
    profile = read_profile(flags.PROFILES_DIR)[config.profile_name]
    default = ProfileRenderer(config.cli_vars).render_value(profile.get("target", "default"))
    return "" if config.target_name == default else f"--target {config.target_name}"
