"""Publish all feature views of a dbt project as one immutable release on S3.

Files are written to names made from their content, then the manifest, then `current.json` moves by
compare-and-swap. Nothing that is there is ever replaced but that pointer.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from milepost import gate, releases
from milepost.catalog import Catalog
from milepost.errors import PublishError
from milepost.export import Uploads, export
from milepost.manifest import (
    FORMAT_VERSION,
    File,
    Manifest,
    SetAside,
    parse,
)
from milepost.s3 import Location


@dataclass(frozen=True)
class Published:
    """What a publication came to. `is_new` is false where the current release says the same."""

    manifest: Manifest
    is_new: bool
    uploaded: list[File]


def publish(database: Path, dbt_manifest: Path, store: Location) -> Published:
    """Publish the feature views that `dbt_manifest` names from the DuckDB file `database`.

    Raises a PublishError with every reason where the gate refuses, a ConflictError where another
    publisher was first, a StorageError where S3 fails. Whatever is raised, readers see the release
    that was current before.
    """
    catalog = Catalog.read(dbt_manifest)
    views = catalog.feature_views()
    if not views:
        raise PublishError(
            f"`{dbt_manifest}` has no feature view", hint="a feature view states `meta.entities`"
        )
    with _open(database) as con:
        passed = gate.check(con, catalog, views)
        pointer = releases.pointer(store)
        current = releases.read(store, pointer.release) if pointer else None
        _check_forward(passed, current)
        uploads = Uploads(store, current)
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            release="",
            created_at=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
            code={"project": catalog.project, "dbt": catalog.dbt_version, "commit": _commit()},
            views=[export(con, one, uploads) for one in passed],
            set_aside=_set_aside(con, catalog),
        ).sealed()
    if current and current.content == manifest.content:
        return Published(current, False, uploads.sent)
    parse(manifest.to_bytes(), manifest.release)
    releases.commit(store, manifest, pointer)
    return Published(manifest, True, uploads.sent)


def _open(database: Path) -> DuckDBPyConnection:
    if not database.exists():
        raise PublishError(f"`{database}` does not exist", hint="run `dbt build` first")
    try:
        return duckdb.connect(database, read_only=True)
    except duckdb.IOException as error:
        raise PublishError(
            f"`{database}` cannot be opened: {str(error).splitlines()[0]}",
            hint="it is no DuckDB file, or a dbt command is still running on it",
        ) from error


def _check_forward(passed: list[gate.Passed], current: Manifest | None) -> None:
    """A view never ends earlier than the current release's: that is a rollback, or an old build."""
    before = {view.name: view.instant("built_through") for view in current.views} if current else {}
    for one in passed:
        if one.built_through < before.get(one.view.name, one.built_through):
            raise PublishError(
                f"`{one.view.name}` is built through {one.built_through}, in the current release "
                f"through {before[one.view.name]}",
                hint="build from the raw log that the store is published from, then publish again",
            )


def _set_aside(con: DuckDBPyConnection, catalog: Catalog) -> list[SetAside]:
    models = (n for n in catalog.nodes.values() if n["resource_type"] == "model")
    return [
        SetAside(*row)
        for node in models
        if node["config"]["meta"].get("set_aside")
        for row in con.execute(
            "select table_name, reason, set_aside_count, row_count "  # noqa: S608 - dbt's own name
            f"from {node['relation_name']} where set_aside_count > 0 order by table_name, reason"
        ).fetchall()
    ]


def _commit() -> str | None:
    """The commit that is checked out, with `+` where files differ from it; None without git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return described.stdout.strip() or None
