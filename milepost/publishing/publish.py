"""Publish all feature views of a dbt project as one immutable release on S3.

Files are written to names made from their content, then the manifest, then `current.json` moves by
compare-and-swap. Nothing that is there is ever replaced but that pointer.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from milepost.building import build_records as records
from milepost.building.catalog import Catalog
from milepost.building.project import Project
from milepost.errors import LookupInputError, PublishError, UnknownFeatureError
from milepost.publishing import compatibility, gate, privacy
from milepost.publishing import history_check as past
from milepost.publishing.export import NoUploads, Uploads, describe, export
from milepost.publishing.refusal import NEW_VERSION, Refusal, lines, plain, remedies
from milepost.release import pointers, releases
from milepost.release.manifest import File, Manifest, View
from milepost.release.manifest_format import FORMAT_VERSION, parse
from milepost.release.request import parse_request
from milepost.storage.location import Location

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """What a publication came to. `is_new` is false where the current release says the same."""

    manifest: Manifest
    is_new: bool
    uploaded: list[File]


@dataclass(frozen=True)
class Verdict:
    """What publishing would come to: reasons against it, and the release where all tests passed.

    `remedies` say what to run or do about the reasons.
    """

    refused: list[str]
    remedies: str
    current: Manifest | None
    manifest: Manifest | None


def publish(database: Path, dbt_manifest: Path, store: Location) -> Published:
    """Publish the feature views that `dbt_manifest` names from the DuckDB file `database`.

    Raises a PublishError with every reason where the gate refuses, a ConflictError where another
    publisher was first, a StorageError where S3 fails. Whatever is raised, readers see the release
    that was current before.
    """
    pointer = pointers.pointer(store)
    current = releases.read(store, pointer.release) if pointer else None
    project = Project.read(dbt_manifest)
    catalog = project.catalog
    uploads = Uploads(store, current)
    with _open(database, catalog) as con:
        passed, refused = _check(con, project, dbt_manifest, current)
        if not refused:
            described = _describe(con, catalog, [describe(one) for one in passed])
            refused = list(_service_faults(catalog, described))
        if not refused:
            # Only its files say which months of the past are to be compared.
            manifest = _describe(con, catalog, [export(con, one, uploads) for one in passed])
            refused = list(_past_faults(con, passed, current, manifest, store))
    if refused:
        told = lines(refused, [view.name for view in catalog.feature_views()])
        raise PublishError("nothing is published:\n  " + "\n  ".join(told), hint=remedies(refused))
    if current and current.content == manifest.content:
        return Published(current, False, uploads.sent)
    parse(manifest.to_bytes(), manifest.release)
    releases.commit(store, manifest, pointer)
    return Published(manifest, True, uploads.sent)


def judge(database: Path, dbt_manifest: Path, store: Location) -> Verdict:
    """What `publish` would come to, without writing anything."""
    pointer = pointers.pointer(store)
    current = releases.read(store, pointer.release) if pointer else None
    project = Project.read(dbt_manifest)
    catalog = project.catalog
    views = [view.name for view in catalog.feature_views()]
    with _open(database, catalog) as con:
        passed, refused = _check(con, project, dbt_manifest, current)
        if len(passed) < len(views):
            return Verdict(lines(refused, views), remedies(refused), current, None)
        unsent = NoUploads(store, current)
        manifest = _describe(con, catalog, [export(con, one, unsent) for one in passed])
        refused += _service_faults(catalog, manifest)
        if not refused:
            refused = list(_past_faults(con, passed, current, manifest, store))
        return Verdict(lines(refused, views), remedies(refused), current, manifest)


def _check(
    con: DuckDBPyConnection, project: Project, dbt_manifest: Path, current: Manifest | None
) -> tuple[list[gate.Passed], list[Refusal]]:
    """The gate, but for what needs the files: the views whose tests passed, and every reason."""
    views = project.catalog.feature_views()
    if not views:
        raise PublishError(
            f"`{dbt_manifest}` has no feature view", hint="a feature view states `meta.entities`"
        )
    passed, refused = gate.check(con, project, views)
    for view in views:
        refused += plain(privacy.faults(con, project.catalog, view), "tests find what is exposed")
    if current:
        refused += plain(compatibility.schema_faults(views, current), NEW_VERSION)
    for one in passed if not refused else []:
        old = compatibility.predecessor(one.view, current)
        if old:
            refused += compatibility.dropped_check_faults(one, old)
            refused += plain(
                compatibility.forward_faults(one, old),
                "build from the raw log that the store is published from, or `milepost rollback`",
            )
            refused += plain(compatibility.bound_faults(con, one, old), compatibility.LOOK)
    return passed, refused


def _service_faults(catalog: Catalog, manifest: Manifest) -> Iterator[Refusal]:
    """Each service that asks for what the release has not, or its exposure does not depend on."""
    return plain(_misfits(catalog, manifest), "correct the exposure")


def _misfits(catalog: Catalog, manifest: Manifest) -> Iterator[str]:
    ids = {view.name: view.unique_id for view in catalog.feature_views()}
    for service in manifest.services:
        called = f"service `{service.name}`"
        try:
            asked = parse_request(
                manifest, service.features, full_feature_names=True, aliases=service.aliases
            )
        except (LookupInputError, UnknownFeatureError) as error:
            yield f"{called}: {str(error).splitlines()[0]}"
            continue
        if service.name in manifest.by_name:
            yield f"{called}: a feature view has its name"
        for name in sorted({one.view.name for one in asked.views}):
            if ids[name] not in catalog.exposed(service.name):
                yield f"{called}: its exposure does not say that it depends on `{name}`"


def _past_faults(
    con: DuckDBPyConnection,
    passed: list[gate.Passed],
    current: Manifest | None,
    manifest: Manifest,
    store: Location,
) -> Iterator[Refusal]:
    for one, new in zip(passed, manifest.views, strict=True):
        old = compatibility.predecessor(one.view, current)
        if old:
            logger.info("comparing the past of %s", new.name)
            yield from past.faults(con, one.view.relation, old, new, store)


def _describe(con: DuckDBPyConnection, catalog: Catalog, views: list[View]) -> Manifest:
    """The release of these views, as it would be published now."""
    made_from = set().union(*(catalog.lineage(view.unique_id) for view in catalog.feature_views()))
    return Manifest(
        format_version=FORMAT_VERSION,
        release="",
        created_at=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        code={"project": catalog.project, "dbt": catalog.dbt_version, "commit": _commit()},
        views=views,
        set_aside=records.set_aside(con, made_from),
        services=catalog.services(),
        entities=catalog.entities(),
    ).sealed()


def _open(database: Path, catalog: Catalog) -> DuckDBPyConnection:
    if not database.exists():
        raise PublishError(f"`{database}` does not exist", hint="run `dbt build` first")
    built_in = {catalog.nodes[view.unique_id]["database"] for view in catalog.feature_views()}
    if built_in - {database.stem}:
        raise PublishError(
            f"the manifest is of a build in the database `{', '.join(sorted(built_in))}`, and "
            f"`{database}` is named",
            hint="publish in the environment of that build, or `dbt build` in this one",
        )
    try:
        return duckdb.connect(database, read_only=True)
    except duckdb.Error as error:
        raise PublishError(
            f"`{database}` cannot be opened: {str(error).splitlines()[0]}",
            hint="it is no DuckDB file, or a dbt command is still running on it",
        ) from error


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
