"""Writes an Iceberg table as a stream does: rows that arrive together are a commit at that instant.

The table has no catalog: `metadata/version-hint.text` names its current metadata.
"""

# allow milepost.local_file: a catalog of one table lives no longer than its writing
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from milepost.raw.tables import RawTable
from milepost.storage import s3
from milepost.storage.client import endpoint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def append(table: RawTable, rows: pa.Table, landed_us: pa.Array, opening: datetime) -> int:
    """Append `rows`, a commit for each instant of `landed_us`, in order, and count the commits.

    Instants are microseconds since 1970; whole milliseconds, as Iceberg has no finer ones. A table
    that does not exist yet is created at `opening`.
    """
    folder = table.layout.replace("{table}", table.identifier)
    hint = f"{folder}/metadata/version-hint.text"
    with tempfile.TemporaryDirectory() as place:
        written = _open(table, folder, hint, rows.schema, opening, place)
        commits = pc.unique(landed_us).to_pylist()
        for instant in commits:
            with _stamped(_EPOCH + timedelta(microseconds=instant)):
                written.append(rows.filter(pc.equal(landed_us, instant)))
        name = written.metadata_location.rpartition("/")[2]
    s3.put(table.raw, hint, name.encode())
    return len(commits)


def _open(
    table: RawTable, folder: str, hint: str, schema: pa.Schema, opening: datetime, place: str
) -> Table:
    """Return the table, in a catalog that is forgotten with `place`."""
    server = endpoint()
    options = {
        "uri": f"sqlite:///{place}/catalog.db",
        "warehouse": table.raw.uri(),
        "s3.endpoint": f"{server.scheme}://{server.host}" if server.host else None,
        "s3.access-key-id": server.key,
        "s3.secret-access-key": server.secret,
        "s3.session-token": server.token,
        "s3.region": server.region,
    }
    catalog = SqlCatalog("lake", **{name: value for name, value in options.items() if value})
    catalog.create_namespace("lake")
    identifier = f"lake.{table.identifier}"
    current = s3.get(table.raw, hint)
    if current is None:
        with _stamped(opening.replace(tzinfo=UTC)):
            return catalog.create_table(identifier, schema, location=table.raw.uri(folder))
    metadata = table.raw.uri(f"{folder}/metadata/{current.body.decode()}")
    return catalog.register_table(identifier, metadata)


@contextmanager
def _stamped(instant: datetime) -> Iterator[None]:
    """Let pyiceberg write down `instant` as the time of what it does."""
    clock = SimpleNamespace(time=instant.timestamp)
    dates = SimpleNamespace(datetime=SimpleNamespace(now=lambda: instant))
    with (
        patch("pyiceberg.table.snapshots.time", clock),
        patch("pyiceberg.table.metadata.datetime", dates),
    ):
        yield
