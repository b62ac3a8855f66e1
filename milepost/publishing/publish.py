"""Publish all feature views of a dbt project as one immutable release on S3.

Files are written to names made from their content, then the manifest, then `current.json` moves by
compare-and-swap. Nothing that is there is ever replaced but that pointer.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from milepost.building import build_records
from milepost.building.built_tables import open_tables
from milepost.building.project import Project
from milepost.errors import PublishError
from milepost.publishing import rules
from milepost.publishing.candidate import Candidate
from milepost.publishing.data_files import Uploads
from milepost.publishing.refusal import lines, remedies
from milepost.release import pointers, releases
from milepost.release.manifest import File, Manifest, View
from milepost.release.manifest_format import FORMAT_VERSION, parse
from milepost.release.pointers import Pointer
from milepost.storage.location import Location


@dataclass(frozen=True)
class Publication:
    """The result of a publication. `is_new` is false if the current release is equal to it."""

    manifest: Manifest
    is_new: bool
    uploaded: list[File]


@dataclass(frozen=True)
class Judgement:
    """The verdict of the gate: the reasons against a release, or its manifest.

    `remedies` say what to run or do about the reasons. `pointer` is what the store's `current.json`
    says, and `current` the release that it names. `manifest` is None where a view could not be
    exported.
    """

    refused: list[str]
    remedies: str
    pointer: Pointer | None
    current: Manifest | None
    manifest: Manifest | None
    uploaded: list[File]

    @property
    def is_current(self) -> bool:
        """Whether the current release is equal to what would be published."""
        current, manifest = self.current, self.manifest
        return bool(current and manifest and current.content == manifest.content)


def publish(database: Path, dbt_manifest: Path, store: Location) -> Publication:
    """Publish the feature views that `dbt_manifest` names from the DuckDB file `database`.

    Raises a PublishError with every reason where the gate refuses, a ConflictError where another
    publisher was first, a StorageError where S3 fails. Whatever is raised, readers see the release
    that was current before.
    """
    judgement = judge(database, dbt_manifest, store, is_dry_run=False)
    if judgement.refused:
        reasons = "\n  ".join(judgement.refused)
        raise PublishError(f"nothing is published:\n  {reasons}", hint=judgement.remedies)
    current, manifest = judgement.current, judgement.manifest
    assert manifest is not None  # noqa: S101 - a rule has each view exported
    if current and judgement.is_current:
        return Publication(current, False, judgement.uploaded)
    parse(manifest.to_bytes(), manifest.release)
    releases.commit(store, manifest, judgement.pointer)
    return Publication(manifest, True, judgement.uploaded)


def judge(
    database: Path, dbt_manifest: Path, store: Location, *, is_dry_run: bool = True
) -> Judgement:
    """Return the verdict of the gate. Data files are sent unless it is a dry run."""
    pointer = pointers.pointer(store)
    current = releases.read(store, pointer.release) if pointer else None
    project = Project.read(dbt_manifest)
    uploads = Uploads(store, current, is_dry_run=is_dry_run)
    with open_tables(database, project.catalog) as con:
        candidate = Candidate.read(project, con, current, uploads)
        views = [view.name for view in candidate.views]
        if not views:
            raise PublishError(
                f"`{dbt_manifest}` has no feature view",
                hint="a feature view states `meta.entities`",
            )
        refused = rules.refusals(candidate)
        exported = candidate.exported_views
        manifest = None
        if len(exported) == len(views):
            manifest = _release(con, candidate, exported, _commit(project.folder))
    return Judgement(
        lines(refused, views), remedies(refused), pointer, current, manifest, uploads.sent
    )


def _release(
    con: DuckDBPyConnection, candidate: Candidate, views: list[View], commit: str | None
) -> Manifest:
    """Return the release of these views, as it would be published now."""
    catalog = candidate.catalog
    made_from = set().union(*(catalog.lineage(view.unique_id) for view in candidate.views))
    return Manifest(
        format_version=FORMAT_VERSION,
        release="",
        created_at=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        code={
            "project": catalog.project,
            "engine": catalog.adapter,
            "dbt": catalog.dbt_version,
            "commit": commit,
        },
        views=views,
        set_aside=build_records.set_aside(con, made_from),
        services=catalog.services(),
        entities=catalog.entities(),
        glossary=catalog.glossary(),
        training_sets=catalog.training_sets(),
    ).sealed()


def _commit(folder: Path | None) -> str | None:
    """Return the commit of the project in a folder, None where git knows none.

    It ends in `+` where files differ from it, or the project has files for dbt that it has not.
    """
    commit = _git(folder, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+")
    if commit and not commit.endswith("+"):
        files = ("*.sql", "*.yml", "*.yaml", "*.csv")
        if _git(folder, "ls-files", "--others", "--exclude-standard", "--", *files):
            commit += "+"
    return commit or None


def _git(folder: Path | None, *arguments: str) -> str:
    """Return what git says of a folder, by default of the one we are in; "" where it fails."""
    try:
        answer = subprocess.run(  # noqa: S603 - no shell, and no argument from outside
            ["git", *arguments],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return answer.stdout.strip()
