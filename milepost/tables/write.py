"""Write the Iceberg tables of a store: one for each view that a kept release has.

Two writers at once do no harm: what they write follows from the releases, a version of a table's
metadata is created once, and each writer ends when a look at the store gives it nothing to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pyarrow.fs import S3FileSystem
from pyiceberg.manifest import DataFile

from milepost.errors import ConflictError
from milepost.release import pointers, releases, table_files
from milepost.release.files import ViewFiles
from milepost.release.manifest import File, Manifest, View
from milepost.release.table_files import TableMetadata
from milepost.storage import conditional, s3
from milepost.storage.arrow import filesystem
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location
from milepost.tables import avro, footers, metadata
from milepost.tables.metadata import ReleasedView

# Looks at the store. Two are usual; one more for each other writer and publisher meanwhile.
LOOKS = 10


@dataclass(frozen=True)
class Table:
    """A view's table: the URI of its newest metadata, and the snapshot of each release."""

    view: str
    metadata: str
    snapshots: dict[str, int]


@dataclass
class _Look:
    """What the store has at one moment, and how much was written because of it."""

    store: Location
    announced: set[str]
    objects: set[str]
    stored: dict[str, TableMetadata]
    number_of: dict[str, int]
    releases: Sequence[Manifest]
    written: int = 0

    @classmethod
    def at(cls, store: Location) -> _Look:
        # What is being removed comes first, then what is there: see docs/concepts/releases.md.
        # The newest version of a table is read before the releases are, so that no version is
        # made of releases that are older than those of the version before.
        announced = releases.announced(store)
        objects = list(s3.listing(store, table_files.FOLDER))
        stored = table_files.newest(store, objects)
        number_of = pointers.numbers(store)
        manifests = [
            item for item in releases.history_and_pins(store) if item.name not in announced
        ]
        return cls(store, announced, {item.name for item in objects}, stored, number_of, manifests)


def write(store: Location) -> list[Table]:
    """Bring the tables of a store up to date with its releases, and return them by view.

    Raises a ReleaseError where nothing is published or a data file is damaged, a StorageError where
    S3 fails, a ConflictError where others keep changing the store.
    """
    pointers.current(store)  # a ReleaseError where nothing is published
    # pyarrow takes a third of boto3's CPU for many small reads; 2026-11.
    reader = filesystem()
    for _ in range(LOOKS):
        look = _Look.at(store)
        with suppress(_OvertakenError):
            tables = _write(look, reader)
            if not look.written:
                return tables
    raise ConflictError(
        f"`{store.uri(table_files.FOLDER)}` changes while it is written, or is being collected",
        hint="run it again, when no other `milepost tables` or `milepost gc` runs",
    )


class _OvertakenError(Exception):
    """Another writer was first."""


@dataclass
class _Plan:
    """A table as it should be, and the files whose footers it takes."""

    view: str
    releases: list[ReleasedView]
    snapshots: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    known: dict[str, DataFile] = field(default_factory=dict)

    @property
    def new(self) -> list[ReleasedView]:
        return [item for item in self.releases if item.release not in self.snapshots]

    @property
    def unknown(self) -> list[tuple[View, File]]:
        files = {file.name: (item.view, file) for item in self.new for file in item.view.files}
        return [pair for name, pair in files.items() if name not in self.known]


def _write(look: _Look, reader: S3FileSystem) -> list[Table]:
    views = sorted({view.name for manifest in look.releases for view in manifest.views})
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        plans = list(pool.map(lambda view: _plan(look, view), views))
        files = [(plan, view, file) for plan in plans for view, file in plan.unknown]
        described = pool.map(
            lambda item: footers.describe(ViewFiles(look.store, item[1], reader), item[2]), files
        )
        for (plan, _, file), data_file in zip(files, described, strict=True):
            plan.known[file.name] = data_file
        bodies: dict[str, bytes] = {}
        for plan in plans:
            for item in plan.new:
                data_files = [plan.known[file.name] for file in item.view.files]
                plan.snapshots[item.release], avro_files = metadata.snapshot(
                    look.store, item, data_files
                )
                bodies |= {file.name: file.body for file in avro_files}
        missing = bodies.keys() - look.objects
        list(pool.map(lambda name: s3.put(look.store, name, bodies[name]), sorted(missing)))
        look.written += len(missing)
        return list(pool.map(lambda plan: _commit(look, plan), plans))


def _plan(look: _Look, view: str) -> _Plan:
    """Return a table as it should be, with what the stored one says of its releases and files."""
    released = [
        ReleasedView(manifest, item)
        for manifest in look.releases
        for item in manifest.views
        if item.name == view
    ]
    plan = _Plan(view, released)
    stored = look.stored.get(view)
    if stored is None:
        return plan
    for item in released:
        snapshot = stored.snapshots.get(item.release)
        # In a copy of a store, the names are those of the place that it was copied from.
        if snapshot and look.objects.issuperset(table_files.avro_names(look.store, snapshot)):
            plan.snapshots[item.release] = snapshot
    manifests = [
        item["summary"][table_files.MANIFEST]
        for item in plan.snapshots.values()
        if table_files.MANIFEST in item["summary"]
    ]
    if manifests and plan.new:
        body = s3.get(look.store, manifests[-1])
        for data_file in avro.data_files(body.body) if body else ():
            plan.known[data_file.file_path.removeprefix(look.store.uri("") + "/")] = data_file
    return plan


def _commit(look: _Look, plan: _Plan) -> Table:
    """Create the next version of a table's metadata where it changed, and point to the newest."""
    store, stored = look.store, look.stored.get(plan.view)
    named = {
        name for item in plan.snapshots.values() for name in table_files.avro_names(store, item)
    }
    if not named.isdisjoint(look.announced):
        raise _OvertakenError
    body = metadata.of_table(store, plan.releases, look.number_of, plan.snapshots)
    version = stored.version if stored else 0
    if stored is None or stored.body != body:
        version += 1
        try:
            conditional.create(store, table_files.metadata_name(plan.view, version), body)
        except ConflictError as error:
            raise _OvertakenError from error
        look.written += 1
    _point(look, plan.view, version)
    snapshots = {
        item.release: plan.snapshots[item.release]["snapshot-id"] for item in plan.releases
    }
    return Table(plan.view, store.uri(table_files.metadata_name(plan.view, version)), snapshots)


def _point(look: _Look, view: str, version: int) -> None:
    """Let the version hint of a table name a version."""
    name, body = f"{table_files.folder(view)}/{table_files.HINT}", str(version).encode()
    hint = s3.get(look.store, name)
    if hint and hint.body == body:
        return
    if hint and hint.body.isdigit() and int(hint.body) > version:
        raise _OvertakenError
    try:
        if hint:
            conditional.replace(look.store, name, body, hint.etag)
        else:
            conditional.create(look.store, name, body)
    except ConflictError as error:
        raise _OvertakenError from error
    look.written += 1
