"""The Iceberg tables beside the releases: their objects, and what their newest metadata says.

`milepost.tables` writes them. Whoever only looks after the store needs no more than this.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta

FOLDER = "tables/"
HINT = "version-hint.text"
CHECK = "milepost.check"
"""The property of a table that holds a hash of all of its metadata but itself."""

RELEASE, MANIFEST = "milepost.release", "milepost.manifest"
"""What the summary of a snapshot says: its release, and its manifest below the store, if any."""

_OBJECT = re.compile(
    r"tables/([a-z][a-z0-9_]{0,62})/metadata/"
    r"(?:v(\d{1,18})\.metadata\.json|([0-9a-f]{64})\.avro|version-hint\.text)"
)


@dataclass(frozen=True)
class TableMetadata:
    """The metadata of the newest version of a table; `content` is None where it is damaged."""

    view: str
    version: int
    body: bytes
    content: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """Where it stands below the store."""
        return metadata_name(self.view, self.version)

    @property
    def snapshots(self) -> dict[str, Mapping[str, Any]]:
        """The snapshot of each release."""
        snapshots = self.content["snapshots"] if self.content else []
        return {snapshot["summary"][RELEASE]: snapshot for snapshot in snapshots}


def folder(view: str) -> str:
    """Return where the metadata of a view's table stands below the store."""
    return f"{FOLDER}{view}/metadata"


def metadata_name(view: str, version: int) -> str:
    """Return the name below the store of a version of a table's metadata."""
    return f"{folder(view)}/v{version}.metadata.json"


def view_of(name: str) -> str | None:
    """Return the view whose table an object belongs to, None for any other object."""
    match = _OBJECT.fullmatch(name)
    return match[1] if match else None


def avro_names(store: Location, snapshot: Mapping[str, Any]) -> list[str]:
    """Return the names below the store of a snapshot's Avro files: its list and its manifest."""
    manifest = snapshot["summary"].get(MANIFEST)
    list_name = snapshot["manifest-list"].removeprefix(store.uri("") + "/")
    return [list_name, manifest] if manifest else [list_name]


def avro_digest(name: str) -> str | None:
    """Return the SHA-256 that the name of an Avro file says, None for any other object."""
    match = _OBJECT.fullmatch(name)
    return match[3] if match else None


def sealed(content: Mapping[str, Any]) -> bytes:
    """Return the metadata of a table as it stands on S3, with a hash of itself."""
    properties = {**content["properties"], CHECK: ""}
    unsealed = {**content, "properties": properties}
    properties[CHECK] = hashlib.sha256(_bytes(unsealed)).hexdigest()
    return _bytes(unsealed)


def newest(store: Location, objects: Iterable[ObjectMeta]) -> dict[str, TableMetadata]:
    """Return the newest metadata of each table, by view, of a listing of the store."""
    versions: dict[str, int] = {}
    for item in objects:
        match = _OBJECT.fullmatch(item.name)
        if match and match[2]:
            versions[match[1]] = max(int(match[2]), versions.get(match[1], 0))
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        tables = pool.map(lambda item: _read(store, *item), versions.items())
        return {table.view: table for table in tables}


def needed(store: Location, objects: Sequence[ObjectMeta], views: Container[str]) -> set[str]:
    """Return the names of the tables' objects, of a listing, that must stay for these views.

    Of a table whose metadata is damaged all stay.
    """
    names: set[str] = set()
    for table in newest(store, objects).values():
        if table.view not in views:
            continue
        if table.content is None:
            names |= {item.name for item in objects if view_of(item.name) == table.view}
        names |= {table.name, f"{folder(table.view)}/{HINT}"}
        names.update(*(avro_names(store, snapshot) for snapshot in table.snapshots.values()))
    return names


def _read(store: Location, view: str, version: int) -> TableMetadata:
    stored = s3.get(store, metadata_name(view, version))
    body = stored.body if stored else b""
    try:
        content = json.loads(body)
        is_sound = sealed(content) == body
    except (ValueError, KeyError, TypeError):
        is_sound = False
    return TableMetadata(view, version, body, content if is_sound else None)


def _bytes(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()
