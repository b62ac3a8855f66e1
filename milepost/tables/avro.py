"""The Avro files of a snapshot, written by pyiceberg: a manifest, and the list that names it.

The same content gives the same bytes, and a file is named by their SHA-256: pyiceberg's random sync
marker is replaced, and nothing is compressed, because libraries do not compress alike.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyiceberg.io import FileIO, InputFile, OutputFile
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema

from milepost.release import table_files
from milepost.storage.location import Location

_SYNC = hashlib.sha256(b"milepost").digest()[:16]


@dataclass(frozen=True)
class AvroFile:
    """An Avro file: its name below the store and its bytes."""

    name: str
    body: bytes


@dataclass(frozen=True)
class Snapshot:
    """The id and the sequence number of a snapshot."""

    id: int
    sequence_number: int


def write(
    store: Location,
    view: str,
    snapshot: Snapshot,
    files: Sequence[DataFile],
    schema: Schema,
    spec: PartitionSpec,
) -> list[AvroFile]:
    """Return the list of a snapshot's manifests, and its manifest if it has a data file.

    A manifest does not say of which snapshot it is, so snapshots with the same files share it.
    """
    manifests, avro_files = [], []
    if files:
        sink = _Sink()
        with write_manifest(2, spec, schema, sink, snapshot.id, "null") as writer:
            for file in files:
                writer.add_entry(
                    ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, data_file=file)
                )
        avro_files.append(sink.file(store, view))
        manifests.append(writer.to_manifest_file())
    sink = _Sink()
    number = snapshot.sequence_number
    with write_manifest_list(2, sink, snapshot.id, None, number, "null") as list_writer:
        if manifests:
            list_writer.add_manifests(manifests)
    return [sink.file(store, view), *avro_files]


def data_files(body: bytes) -> list[DataFile]:
    """Return the data files that a manifest names."""
    source = ManifestFile.from_args(
        manifest_path="",
        content=ManifestContent.DATA,
        partition_spec_id=0,
        added_snapshot_id=0,
        sequence_number=0,
    )
    return [entry.data_file for entry in source.fetch_manifest_entry(_Memory(body))]


class _Stream(io.BytesIO):
    written = b""

    def close(self) -> None:
        self.written = self.getvalue()
        super().close()


class _Sink(OutputFile):
    """A file in memory, which has its place once it has its bytes."""

    def __init__(self) -> None:
        super().__init__("")
        self._stream = _Stream()

    def file(self, store: Location, view: str) -> AvroFile:
        # Each block of an Avro file ends in the marker, and so does the header of one without any.
        body = self._stream.written
        body = body.replace(body[-16:], _SYNC)
        name = f"{table_files.folder(view)}/{hashlib.sha256(body).hexdigest()}.avro"
        self._location = store.uri(name)
        return AvroFile(name, body)

    def create(self, overwrite: bool = False) -> Any:  # noqa: ARG002 - pyiceberg says it
        return self._stream

    def __len__(self) -> int:
        return len(self._stream.written)

    def exists(self) -> bool:
        return False

    def to_input_file(self) -> InputFile:
        raise NotImplementedError


class _Source(InputFile):
    """Bytes in memory as a file."""

    def __init__(self, body: bytes) -> None:
        super().__init__("")
        self._body = body

    def open(self, seekable: bool = True) -> Any:  # noqa: ARG002 - pyiceberg says it
        return io.BytesIO(self._body)

    def __len__(self) -> int:
        return len(self._body)

    def exists(self) -> bool:
        return True


class _Memory(FileIO):
    """One file in memory, whatever its name."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    def new_input(self, location: str) -> InputFile:  # noqa: ARG002 - pyiceberg says it
        return _Source(self._body)

    def new_output(self, location: str) -> OutputFile:
        raise NotImplementedError

    def delete(self, location: Any) -> None:
        raise NotImplementedError
