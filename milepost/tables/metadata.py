"""The metadata of a view's Iceberg table: its snapshots are the releases that have the view.

All of it follows from the releases, so whoever writes it writes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema

from milepost.release import table_files
from milepost.release.field_ids import field_id
from milepost.release.manifest import Manifest, View
from milepost.release.names import AVAILABLE_AT, PREFIX
from milepost.storage.location import Location
from milepost.tables import avro
from milepost.tables.avro import AvroFile

_TYPES = {
    "BIGINT": "long",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "VARCHAR": "string",
    "TIMESTAMP": "timestamp",
}
_PARTITION_ID = 1000
_SPEC = {
    "spec-id": 0,
    "fields": [
        {
            "source-id": field_id(AVAILABLE_AT),
            "field-id": _PARTITION_ID,
            "name": f"{PREFIX}month",  # no column may have such a name
            "transform": "month",
        }
    ],
}


@dataclass(frozen=True)
class ReleasedView:
    """A view as a release has it."""

    manifest: Manifest
    view: View

    @property
    def release(self) -> str:
        """The id of the release."""
        return self.manifest.release

    @property
    def published_at(self) -> datetime:
        """When the release was published."""
        return datetime.fromisoformat(self.manifest.created_at).replace(tzinfo=UTC)


def snapshot_id(release: str) -> int:
    """Return the snapshot of a release, which is the same in each table."""
    return 1 + int.from_bytes(hashlib.sha256(release.encode()).digest()[:8]) % (2**63 - 1)


def snapshot(
    store: Location, released: ReleasedView, files: Sequence[DataFile]
) -> tuple[dict[str, Any], list[AvroFile]]:
    """Return a snapshot with its Avro files. It says nothing of any other release."""
    view, published_at = released.view, released.published_at
    # A snapshot follows another one if its number is higher.
    number = int(published_at.timestamp())
    identity = avro.Snapshot(snapshot_id(released.release), number)
    schema = Schema.model_validate(_schema(view, has_descriptions=False))
    spec = PartitionSpec.model_validate(_SPEC)
    avro_files = avro.write(store, view.name, identity, files, schema, spec)
    summary = {
        "operation": "overwrite",
        table_files.RELEASE: released.release,
        "total-data-files": str(len(files)),
        "total-records": str(view.rows),
        "total-files-size": str(sum(file.bytes for file in view.files)),
    }
    if files:
        summary[table_files.MANIFEST] = avro_files[1].name
    return {
        "snapshot-id": identity.id,
        "sequence-number": number,
        "timestamp-ms": number * 1000,
        "manifest-list": store.uri(avro_files[0].name),
        "summary": summary,
        "schema-id": _schema_id(view),
    }, avro_files


def of_table(
    store: Location,
    releases: Sequence[ReleasedView],
    number_of: Mapping[str, int],
    snapshots: Mapping[str, Mapping[str, Any]],
) -> bytes:
    """Return the metadata of a table with these releases of a view, the oldest first.

    `number_of` has the number of the latest move to each release that is or was current. `main` is
    the current release. A view that it does not have has tags alone.
    """
    current = max(number_of, key=number_of.__getitem__)
    newest = releases[-1].view
    schemas = {_schema_id(item.view): _schema(item.view) for item in releases}
    read = [item for item in releases if item.release == current]
    main = read[0] if read else None
    location = store.uri(f"{table_files.FOLDER}{newest.name}")
    tags = {item.release: _reference(item.release, "tag") for item in releases}
    content: dict[str, Any] = {
        "format-version": 2,
        "table-uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, location)),
        "location": location,
        "last-sequence-number": max(
            snapshots[item.release]["sequence-number"] for item in releases
        ),
        "last-updated-ms": max(snapshots[item.release]["timestamp-ms"] for item in releases),
        "last-column-id": max(part["id"] for item in schemas.values() for part in item["fields"]),
        "current-schema-id": _schema_id(main.view if main else newest),
        "schemas": list(schemas.values()),
        "default-spec-id": 0,
        "partition-specs": [_SPEC],
        "last-partition-id": _PARTITION_ID,
        "default-sort-order-id": 0,
        "sort-orders": [{"order-id": 0, "fields": []}],
        "properties": {
            "comment": (main.view if main else newest).description,
            # The files belong to releases: engines must not remove what they think is an orphan.
            "gc.enabled": "false",
            # Of files that were written before format 9.
            "schema.name-mapping.default": _name_mapping(schemas.values()),
        },
        "refs": tags | ({"main": _reference(current, "branch")} if main else {}),
        "snapshots": [snapshots[item.release] for item in releases],
        "snapshot-log": _log(releases, number_of) if main else [],
        "metadata-log": [],
    }
    if main:
        content["current-snapshot-id"] = snapshot_id(current)
    return table_files.sealed(content)


def _reference(release: str, kind: str) -> dict[str, Any]:
    return {"snapshot-id": snapshot_id(release), "type": kind}


def _log(releases: Sequence[ReleasedView], number_of: Mapping[str, int]) -> list[dict[str, int]]:
    """Return which release was current from when on, up to the one that is, the oldest first.

    Engines read a table as of an instant by it. A release is in it if it was current, and if the
    store has not moved since to one that was published before it: then it was rolled back. Of
    releases of the same second the last one is in it. Of a store of format 1, which kept no
    history, all are taken to have been current in the order of their ids.
    """
    of_view = {item.release: item for item in releases}
    numbers = {item.release: -1 for item in releases if item.manifest.format_version == 1}
    numbers |= number_of
    log: list[dict[str, int]] = []
    earliest = None
    for release in sorted(numbers, key=lambda item: (numbers[item], item), reverse=True):
        # The id begins with the instant. A manifest may have been removed as garbage.
        instant = release.split("-")[0]
        if earliest is not None and instant >= earliest:
            continue
        earliest = instant
        if item := of_view.get(release):
            milliseconds = int(item.published_at.timestamp()) * 1000
            log.append({"snapshot-id": snapshot_id(release), "timestamp-ms": milliseconds})
    return log[::-1]


def _schema(view: View, *, has_descriptions: bool = True) -> dict[str, Any]:
    fields = []
    for column in view.fields:
        described = {"doc": column.description} if has_descriptions and column.description else {}
        fields.append(
            {
                "id": field_id(column.name),
                "name": column.name,
                "required": False,
                "type": _TYPES[column.type],
                **described,
            }
        )
    return {"type": "struct", "schema-id": _schema_id(view), "fields": fields}


def _schema_id(view: View) -> int:
    """Return the id of a schema, which follows from its columns and their types alone."""
    columns = json.dumps([(column.name, column.type) for column in view.fields])
    return int.from_bytes(hashlib.sha256(columns.encode()).digest()[:4]) >> 1


def _name_mapping(schemas: Any) -> str:
    ids = {part["name"]: part["id"] for schema in schemas for part in schema["fields"]}
    return json.dumps([{"field-id": id_, "names": [name]} for name, id_ in sorted(ids.items())])
