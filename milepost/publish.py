"""Publish all feature views of a dbt project as one immutable release on S3.

Files are written to names made from their content, then the manifest, then `current.json` moves by
compare-and-swap. Nothing that is there is ever replaced but that pointer.
"""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from milepost import compatibility, gate, past, privacy, releases, s3
from milepost.catalog import Catalog
from milepost.errors import PublishError
from milepost.export import NoUploads, Uploads, export
from milepost.manifest import (
    CURRENT,
    FORMAT_VERSION,
    File,
    Manifest,
    SetAside,
    parse,
)
from milepost.s3 import Location

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """What a publication came to. `is_new` is false where the current release says the same."""

    manifest: Manifest
    is_new: bool
    uploaded: list[File]


@dataclass(frozen=True)
class Verdict:
    """What publishing would do: the reasons against it, and the release if the tests passed."""

    refused: list[str]
    current: Manifest | None
    manifest: Manifest | None


def publish(database: Path, dbt_manifest: Path, store: Location) -> Published:
    """Publish the feature views that `dbt_manifest` names from the DuckDB file `database`.

    Raises a PublishError with every reason where the gate refuses, a ConflictError where another
    publisher was first, a StorageError where S3 fails. Whatever is raised, readers see the release
    that was current before.
    """
    pointer = releases.pointer(store)
    current = releases.read(store, pointer[0]) if pointer else None
    known = {file.name for view in current.views for file in view.files} if current else set()
    uploads = Uploads(store, known)
    verdict = _judge(database, dbt_manifest, current, uploads)
    if verdict.refused or verdict.manifest is None:
        raise PublishError(
            "nothing is published:\n  " + "\n  ".join(verdict.refused),
            hint="the gate's rules are in docs/reference/release-format.md; `dbt build` builds and "
            "tests everything in full",
        )
    manifest = verdict.manifest
    if current and current.content == manifest.content:
        return Published(current, False, uploads.sent)
    stamp = manifest.created_at.replace("-", "").replace(":", "")
    manifest = replace(manifest, release=f"{stamp}Z-{secrets.token_hex(6)}")
    parse(manifest.to_bytes(), manifest.release)
    s3.put(store, f"releases/{manifest.release}/manifest.json", manifest.to_bytes(), new=True)
    swapped = json.dumps({"release": manifest.release}).encode()
    s3.put(store, CURRENT, swapped, new=pointer is None, if_match=pointer[1] if pointer else None)
    return Published(manifest, True, uploads.sent)


def judge(database: Path, dbt_manifest: Path, store: Location) -> Verdict:
    """What `publish` would do, without writing anything."""
    pointer = releases.pointer(store)
    current = releases.read(store, pointer[0]) if pointer else None
    return _judge(database, dbt_manifest, current, NoUploads(store, set()))


def _judge(
    database: Path, dbt_manifest: Path, current: Manifest | None, uploads: Uploads
) -> Verdict:
    """The gate: first what needs no file, then the files against those of the current release."""
    catalog = Catalog.read(dbt_manifest)
    views = catalog.feature_views()
    if not views:
        raise PublishError(
            f"`{dbt_manifest}` has no feature view", hint="a feature view states `meta.entities`"
        )
    with _open(database) as con:
        passed, refused = gate.check(con, catalog, views)
        for view in views:
            refused += privacy.faults(con, catalog, view)
        if current:
            refused += compatibility.schema_faults(views, current)
        if refused:
            return Verdict(list(dict.fromkeys(refused)), current, None)
        released = []
        for one in passed:
            old = compatibility.predecessor(one.view, current)
            if old:
                refused += compatibility.forward_faults(one, old)
                refused += compatibility.bound_faults(con, one, old)
            released.append(export(con, one, uploads))
            if old:
                refused += past.faults(con, one.view.relation, old, released[-1], uploads.store)
            logger.info("%s: %d rows", one.view.name, released[-1].rows)
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            release="",
            created_at=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
            code={"project": catalog.project, "dbt": catalog.dbt_version, "commit": _commit()},
            views=released,
            set_aside=_set_aside(con, catalog),
        )
    return Verdict(refused, current, manifest)


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
