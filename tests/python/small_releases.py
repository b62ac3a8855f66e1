"""Small releases, written as the publisher writes them but for dbt and its gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from milepost.publishing.data_files import Uploads
from milepost.release import pointers, releases
from milepost.release.definition import Field
from milepost.release.entity import Entity, EntityRole
from milepost.release.field_ids import field_id
from milepost.release.files import ARROW_TYPES
from milepost.release.manifest import Manifest, View
from milepost.release.manifest_format import FORMAT_VERSION
from milepost.storage.location import Location

START, END = "2026-01-01T00:00:00", "2026-07-01T00:00:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def rows_of(types: Mapping[str, str], *rows: tuple[Any, ...]) -> pa.Table:
    """The rows as a table; `types` are Milepost's, by column."""
    return pa.table(
        {
            name: pa.array([row[n] for row in rows], ARROW_TYPES[kind])
            for n, (name, kind) in enumerate(types.items())
        }
    )


def put_view(
    store: Location,
    name: str,
    rows: pa.Table,
    *,
    keys: tuple[str, ...] = ("carrier_id",),
    complete_from: str = START,
    built_through: str = END,
) -> View:
    """Put a view's files on S3, one a month, and return what a manifest says of it."""
    types = {kind: text for text, kind in ARROW_TYPES.items()}
    rows = rows.sort_by([(column, "ascending") for column in (*keys, "available_at")])
    months: dict[str, list[int]] = {}
    for n, instant in enumerate(rows["available_at"].to_pylist()):
        months.setdefault(f"{instant:%Y-%m}", []).append(n)
    uploads = Uploads(store, None)
    return View(
        name=name,
        description="",
        entities=[EntityRole(name, name, list(keys))],
        keys=list(keys),
        grid="hour",
        serving_delay_minutes=0,
        owners={"science": "us", "engineering": "us"},
        maturity="production",
        sensitivity="internal",
        fields=[
            Field(
                field.name,
                types[field.type],
                "",
                None if field.name in (*keys, "available_at") else complete_from,
                field_id=field_id(field.name),
            )
            for field in rows.schema
        ],
        files=[
            uploads.put(name, month, rows.take(where)) for month, where in sorted(months.items())
        ],
        rows=rows.num_rows,
        built_through=built_through,
        statistics={},
        checks=[],
        code="",
        fingerprint="",
    )


def manifest_of(*views: View, created_at: str = END) -> Manifest:
    code = {"project": "test", "dbt": None, "commit": None}
    entities = {
        role.entity: Entity(role.entity, {key: view.types[key] for key in role.keys}, "")
        for view in views
        for role in view.entities
    }
    return Manifest(
        FORMAT_VERSION, "", created_at, code, list(views), [], [], [*entities.values()]
    ).sealed()


def release(store: Location, *views: View, created_at: str = END) -> str:
    """Put the manifest on S3, make it current, and return its id."""
    manifest = manifest_of(*views, created_at=created_at)
    release_manifest(store, manifest)
    return manifest.release


def release_manifest(store: Location, manifest: Manifest) -> None:
    """Put it on S3 and make it current."""
    releases.commit(store, manifest, pointers.pointer(store))
