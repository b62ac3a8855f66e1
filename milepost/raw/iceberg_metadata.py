"""The metadata of an Iceberg table: what each of its snapshots added and removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from milepost.errors import LandingError
from milepost.raw.tables import RawTable
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.s3 import ObjectMeta

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.manifest import ManifestEntry, ManifestFile
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.snapshots import Snapshot

# What is written into SQL as it is, and is no pattern to an engine that reads it. Writers escape
# other letters of partition values with `%`.
_PLAIN_URI = re.compile(r"s3://[a-z0-9.-]+/[A-Za-z0-9._=/+%-]+")


@dataclass(frozen=True)
class Changes:
    """What a snapshot did to the data files: those that it added, and the URIs of those removed.

    `file_count` is the number of data files of the table after it, None where the list of manifests
    does not say.
    """

    added: tuple[ObjectMeta, ...]
    removed: frozenset[str]
    file_count: int | None


@dataclass(frozen=True)
class Metadata:
    """The metadata of an Iceberg table as its catalog or its version hint has it now."""

    table: RawTable
    content: TableMetadata
    _io: FileIO = field(repr=False)

    def ancestors(self) -> list[Snapshot]:
        """Return the snapshots of the branch `main` that are not expired, the oldest first."""
        ancestors: list[Snapshot] = []
        snapshot = self.content.current_snapshot()
        while snapshot is not None:
            ancestors.append(snapshot)
            parent = snapshot.parent_snapshot_id
            snapshot = None if parent is None else self.content.snapshot_by_id(parent)
        return ancestors[::-1]

    def changes(self, snapshots: list[Snapshot]) -> list[Changes]:
        """Return what each snapshot did; only manifests that it wrote are opened."""
        with self._reading(), ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            return list(pool.map(self._changes, snapshots))

    def files(self, snapshot: Snapshot) -> tuple[ObjectMeta, ...]:
        """Return all data files of the table at a snapshot."""
        with self._reading(), ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            entries = pool.map(
                lambda manifest: manifest.fetch_manifest_entry(self._io),
                self._data_manifests(snapshot),
            )
            return tuple(self._object(entry, snapshot) for group in entries for entry in group)

    def _changes(self, snapshot: Snapshot) -> Changes:
        from pyiceberg.manifest import ManifestEntryStatus

        added, removed = [], set()
        manifests = self._data_manifests(snapshot)
        for manifest in manifests:
            if manifest.added_snapshot_id != snapshot.snapshot_id:
                continue
            for entry in manifest.fetch_manifest_entry(self._io, discard_deleted=False):
                if entry.snapshot_id != snapshot.snapshot_id:
                    continue
                if entry.status == ManifestEntryStatus.ADDED:
                    added.append(self._object(entry, snapshot))
                elif entry.status == ManifestEntryStatus.DELETED:
                    removed.add(_uri(entry.data_file.file_path))
        return Changes(tuple(added), frozenset(removed), _file_count(manifests))

    def _data_manifests(self, snapshot: Snapshot) -> list[ManifestFile]:
        """Return the manifests of data files; refuse files that say which rows are deleted."""
        from pyiceberg.manifest import ManifestContent

        manifests = snapshot.manifests(self._io)
        data = [item for item in manifests if item.content == ManifestContent.DATA]
        deletes = [item for item in manifests if item.content == ManifestContent.DELETES]
        if _file_count(deletes) != 0:
            raise LandingError(
                f"snapshot {snapshot.snapshot_id} of raw table `{self.table.name}` deletes rows "
                "by position or by value (merge-on-read), which Milepost does not read",
                hint="set `write.delete.mode`, `write.update.mode` and `write.merge.mode` of the "
                "table to `copy-on-write`, rewrite its data files, and expire the snapshots before",
            )
        return data

    def _object(self, entry: ManifestEntry, snapshot: Snapshot) -> ObjectMeta:
        file = entry.data_file
        uri = _uri(file.file_path)
        where = f"raw table `{self.table.name}` has `{uri}`"
        if file.file_format.value != "PARQUET":
            raise LandingError(
                f"{where}, a file of {file.file_format.value}",
                hint="set `write.format.default` of the table to `parquet`",
            )
        if not _PLAIN_URI.fullmatch(uri):
            raise LandingError(
                f"{where}, which is no plain S3 URI",
                hint="data files are on S3, with letters, digits, `.`, `_`, `=`, `-`, `+`, `%` and "
                "`/` in their names",
            )
        # Its name is its identity, so nothing asks for its ETag.
        return ObjectMeta(uri, file.file_size_in_bytes, "", committed_at(snapshot))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with explained(self.table, "cannot be read"):
            yield


def committed_at(snapshot: Snapshot) -> datetime:
    """Return the commit instant that a snapshot states, naive UTC."""
    return instant(snapshot.timestamp_ms)


def instant(milliseconds: int) -> datetime:
    """Return an instant of the metadata, naive UTC."""
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None, microsecond=rest * 1000)


@contextmanager
def explained(table: RawTable, fault: str) -> Iterator[None]:
    """Raise what fails in the block as a LandingError without a secret in it."""
    try:
        yield
    except LandingError:
        raise
    # A catalog raises whatever its client does: of HTTP, of a database, of a cloud.
    except Exception as error:
        kind = type(error)
        # Others, `ValueError` of pyiceberg among them, may name a URI with its password, or keys.
        is_safe = kind.__module__ == "pyiceberg.exceptions" or (
            kind.__module__ == "builtins" and issubclass(kind, OSError)
        )
        text = f"{kind.__name__}: {error}" if is_safe else kind.__name__
        raise LandingError(
            f"the Iceberg table of `{table.name}` {fault}: {text.splitlines()[0]}",
            hint="check its name, its catalog in pyiceberg's configuration, and the rights to read "
            "its metadata; the command `pyiceberg` says more",
        ) from None


def _file_count(manifests: list[ManifestFile]) -> int | None:
    counts = [
        count
        for manifest in manifests
        for count in (manifest.added_files_count, manifest.existing_files_count)
    ]
    return None if None in counts else sum(count for count in counts if count)


def _uri(path: str) -> str:
    """Return a file's URI as engines have it: Hadoop has other schemes for the same objects."""
    scheme, separator, rest = path.partition("://")
    return f"s3://{rest}" if separator and scheme in {"s3a", "s3n"} else path
